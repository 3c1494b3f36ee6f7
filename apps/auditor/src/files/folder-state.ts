import { HubError } from '#errors';
import {
  readBundle,
  readHashTile,
  rootTiles,
  TILE_WIDTH,
  TileEdge,
  tilePath,
  verifyCheckpoint,
  type NoteVerifier,
  type VerifiedCheckpoint,
} from '#tlog';
import type { LogFolder } from './log-folder.ts';

/** What a folder holds: its note, and the right edge of the tree, from which the files go on. */
export interface FolderState {
  /** Null while there is none. */
  readonly note: Buffer | null;
  /** Leaves of the tree that the note is about. */
  readonly size: number;
  readonly root: Buffer;
  readonly edge: TileEdge;
}

/**
 * Reads how far a folder is, and believes it only as far as its own note and tiles agree.
 * @param entries whether it has bundles, too
 * @throws HubError `LOG_KEY_NOT_OF_LOG` if the note is another log's, `LOG_FILES_DAMAGED` if the files are not those that
 *   the note is about
 */
export async function readFolder(
  folder: LogFolder,
  key: NoteVerifier,
  entries: boolean,
): Promise<FolderState> {
  const note = await folder.checkpoint();
  if (note === undefined) {
    const edge = TileEdge.empty();
    return { note: null, size: 0, root: edge.root(), edge };
  }
  const { size, root } = openNote(note, key, folder.root);
  try {
    const edge = await readEdge(folder, size);
    if (entries && size > 0) await readLastBundle(folder, size);
    if (edge.root().equals(root)) return { note, size, root, edge };
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    throw damaged(folder, size, cause);
  }
  throw damaged(folder, size);
}

async function readEdge(folder: LogFolder, size: number): Promise<TileEdge> {
  const read = (path: string): Promise<Buffer | undefined> => folder.read(path);
  const tiles = new Map(
    await Promise.all(
      rootTiles(size).map(async (tile) => [tilePath(tile), await readHashTile(tile, read)] as const),
    ),
  );
  return TileEdge.from(size, (tile) => tiles.get(tilePath(tile)) ?? Buffer.alloc(0));
}

async function readLastBundle(folder: LogFolder, size: number): Promise<void> {
  const index = Math.floor((size - 1) / TILE_WIDTH);
  await readBundle({ index, width: size - index * TILE_WIDTH }, (path) => folder.read(path));
}

function openNote(note: Buffer, key: NoteVerifier, root: string): VerifiedCheckpoint {
  try {
    return verifyCheckpoint(note, key);
  } catch (cause) {
    throw new HubError('LOG_KEY_NOT_OF_LOG', `${key.vkey} has not signed the checkpoint that is in ${root}`, {
      cause,
    });
  }
}

function damaged(folder: LogFolder, size: number, cause?: HubError): HubError {
  const why = cause === undefined ? 'its tiles do not lead to its root' : cause.message;
  return new HubError('LOG_FILES_DAMAGED', `${folder.root} is not the log of ${size} leaves: ${why}`, {
    cause,
  });
}
