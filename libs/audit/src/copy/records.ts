import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import {
  readBundle,
  readLogEntry,
  TILE_WIDTH,
  type BundleAddress,
  type LogEntry,
  type ReadLogFile,
} from '#tlog';
import { archivePath, registryPath } from './copy-paths.ts';
import { unpack, type UnpackOptions } from './pack.ts';

/** An entry of a copy of the log, with the document that it stands for. */
export interface LogRecord {
  readonly index: number;
  /** RFC 8785 canonical JSON: what the leaf is the hash of. */
  readonly entry: Buffer;
  readonly leaf: LogEntry;
  /** The signed bytes; null if this copy does not have them. Their SHA-256 is the leaf's. */
  readonly signed: Buffer | null;
}

/** Entries [from, to). */
export interface RecordRange {
  readonly from: number;
  readonly to: number;
  /** Size of the tree that the copy is of, which names its partial files; `to` if not given. */
  readonly size?: number;
}

/**
 * Reads a copy's entries with their documents, in order, one at a time. A document is compared with its entry; that the
 * entries are those that the log has signed for is proved by whoever has verified the copy (`recomputeLog`), or by a
 * reader that verifies (`VerifiedTiles`).
 * @throws HubError `LOG_TILE_MISSING`, `LOG_TILE_MALFORMED`, `LOG_ENTRY_MALFORMED`, `LOG_ENTRY_KIND_UNKNOWN`,
 *   `LOG_PACK_MALFORMED`, `LOG_BYTES_DIFFER`, and what `read` throws
 */
export async function* readRecords(
  read: ReadLogFile,
  { from, to, size = to }: RecordRange,
): AsyncGenerator<LogRecord> {
  for (let start = from; start < to; start = nextBundle(start)) {
    const index = Math.floor(start / TILE_WIDTH);
    const bundle = { index, width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH) };
    const entries = await readBundle(bundle, read);
    let place = index * TILE_WIDTH;
    for await (const signed of signedBytes(bundle, await packOf(bundle, read))) {
      const entry = entries[place - index * TILE_WIDTH];
      if (entry !== undefined && place >= start && place < to) yield recordOf(place, entry, signed);
      place += 1;
    }
  }
}

/** A pack as it lies in a copy, and of how many entries it is. */
export interface FoundPack {
  readonly pack: Buffer;
  readonly width: number;
}

/**
 * The signed bytes of a bundle's entries, in order, not yet compared with them: null for what the copy does not have.
 * @param found what `packOf` has found
 * @throws HubError `LOG_PACK_MALFORMED`
 */
export async function* signedBytes(
  { width }: BundleAddress,
  found: FoundPack | undefined,
  options: UnpackOptions = {},
): AsyncGenerator<Buffer | null> {
  let given = 0;
  if (found !== undefined) {
    for await (const bytes of unpack(found.pack, found.width, options)) {
      if (given === width) return;
      given += 1;
      yield bytes;
    }
  }
  for (; given < width; given += 1) yield null;
}

/** The signed entries of the registry's chain that a copy has, from the first, up to the first that it lacks. */
export async function readRegistry(read: ReadLogFile): Promise<Buffer[]> {
  const entries: Buffer[] = [];
  for (;;) {
    const bytes = await read(registryPath(entries.length + 1));
    if (bytes === undefined) return entries;
    entries.push(bytes);
  }
}

/**
 * The pack of a bundle; undefined where the copy has none. A partial one may be gone once the full one exists, which begins
 * with it.
 * @throws what `read` throws
 */
export async function packOf(bundle: BundleAddress, read: ReadLogFile): Promise<FoundPack | undefined> {
  const pack = await read(archivePath(bundle));
  if (pack !== undefined) return { pack, width: bundle.width };
  const full =
    bundle.width < TILE_WIDTH ? await read(archivePath({ ...bundle, width: TILE_WIDTH })) : undefined;
  return full === undefined ? undefined : { pack: full, width: TILE_WIDTH };
}

function recordOf(index: number, entry: Buffer, signed: Buffer | null): LogRecord {
  const leaf = readLogEntry(entry);
  if (signed !== null) requireSame(index, leaf, signed);
  return { index, entry, leaf, signed };
}

/** @throws HubError `LOG_BYTES_DIFFER` if the entry does not stand for these bytes */
export function requireSame(index: number, leaf: LogEntry, signed: Buffer): void {
  const digest = sha256Hex(signed);
  if (digest === leaf.sha256) return;
  throw new HubError(
    'LOG_BYTES_DIFFER',
    `entry ${index} stands for bytes with SHA-256 ${leaf.sha256}, the archive has ${digest}`,
  );
}

function nextBundle(start: number): number {
  return (Math.floor(start / TILE_WIDTH) + 1) * TILE_WIDTH;
}
