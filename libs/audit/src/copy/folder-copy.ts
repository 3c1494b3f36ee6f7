import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { MAX_BYTES } from '#contracts';
import { HubError, systemCode } from '#errors';
import { MAX_BUNDLE_BYTES, MAX_NOTE_BYTES, TILE_BYTES, type ReadLogFile } from '#tlog';
import { CHECKPOINT_PATH, WITNESSED_PATH } from './copy-paths.ts';
import { MAX_PACK_BYTES } from './pack.ts';

/** What a file of a copy has at most, bytes: more is refused before it is read. */
export function mostBytes(path: string): number {
  if (path === CHECKPOINT_PATH || path === WITNESSED_PATH) return MAX_NOTE_BYTES;
  if (path.startsWith('tile/entries/')) return MAX_BUNDLE_BYTES;
  if (path.startsWith('tile/')) return TILE_BYTES;
  if (path.startsWith('archive/')) return MAX_PACK_BYTES;
  return MAX_BYTES.registry;
}

/** Names that a log's files have: no step up, no hidden file, no other way of writing a place. */
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/**
 * Reads a copy of the log that lies in a folder. The folder may come from anyone: nothing outside it is read, and
 * nothing but plain files of the size that such files have.
 * @throws HubError `LOG_COPY_UNREADABLE` from the reader: the path leads out of the folder, to no plain file, or to one that
 *   is too large, or the disk does not give it. That a file is not there is no error.
 */
export function folderCopy(folder: string): ReadLogFile {
  // Where the folder really is; it may be made after this reader.
  let root: string | undefined;
  return async (path) => {
    if (!PATH.test(path)) throw unreadable(path, 'it is no file of a log');
    try {
      root ??= await realpath(folder);
      const inside = await realpath(join(root, path));
      if (!inside.startsWith(root + sep)) throw unreadable(path, 'it leads out of the folder');
      const { size } = await plainFile(inside, path);
      if (size > mostBytes(path)) throw unreadable(path, `it has ${size} bytes`);
      return await readFile(inside);
    } catch (error) {
      if (error instanceof HubError) throw error;
      if (isAbsent(error)) return undefined;
      throw unreadable(path, error instanceof Error ? error.message : String(error), error);
    }
  };
}

/**
 * Tells of a file when it was changed last and how long it is, so that a change of the copy is noticed without reading
 * it again. Null if it is not there.
 */
export function stampsOf(folder: string): (path: string) => Promise<string | null> {
  return async (path) => {
    try {
      const { size, mtimeMs, ino } = await stat(join(folder, path));
      return `${size} ${mtimeMs} ${ino}`;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw unreadable(path, error instanceof Error ? error.message : String(error), error);
    }
  };
}

async function plainFile(place: string, path: string): Promise<{ readonly size: number }> {
  const found = await stat(place);
  if (found.isFile()) return found;
  throw unreadable(path, 'it is no plain file');
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unreadable(path: string, reason: string, cause?: unknown): HubError {
  return new HubError('LOG_COPY_UNREADABLE', `${path.slice(0, 120)}: ${reason}`, { cause });
}
