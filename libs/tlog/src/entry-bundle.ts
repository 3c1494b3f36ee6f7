/** Bundles of entries (c2sp.org/tlog-tiles): each entry behind its length, two bytes, big-endian. */
import { HubError } from '#errors';
import { MAX_ENTRY_BYTES } from './log-entry.ts';
import { TILE_WIDTH } from './tile-path.ts';

const LENGTH_BYTES = 2;

/** Bytes of the largest bundle: a reader refuses more before it has read them. */
export const MAX_BUNDLE_BYTES = TILE_WIDTH * (LENGTH_BYTES + MAX_ENTRY_BYTES);

/**
 * Writes 1 to 256 entries as a bundle.
 * @throws HubError `LOG_ENTRY_TOO_LARGE`, `LOG_TILE_MALFORMED`
 */
export function formatBundle(entries: readonly Uint8Array[]): Buffer {
  if (entries.length < 1 || entries.length > TILE_WIDTH) {
    throw malformed(`it has 1 to ${TILE_WIDTH} entries, not ${entries.length}`);
  }
  const large = entries.find(({ length }) => length > MAX_ENTRY_BYTES);
  if (large !== undefined) {
    throw new HubError(
      'LOG_ENTRY_TOO_LARGE',
      `a log entry has at most ${MAX_ENTRY_BYTES} bytes, this one ${large.length}`,
    );
  }
  const bundle = Buffer.allocUnsafe(entries.reduce((total, { length }) => total + LENGTH_BYTES + length, 0));
  let at = 0;
  for (const entry of entries) {
    bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at + LENGTH_BYTES);
    at += LENGTH_BYTES + entry.length;
  }
  return bundle;
}

/**
 * The entries of a bundle, as views of its bytes. Not yet believed: compare their hashes with the tile of level 0.
 * @throws HubError `LOG_TILE_MALFORMED` if it does not hold exactly `width` entries and nothing else.
 */
export function parseBundle(bytes: Buffer, width: number): Buffer[] {
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (entries.length === width) throw malformed(`more than ${width} entries`);
    if (at + LENGTH_BYTES > bytes.length) throw malformed('it ends within a length');
    const from = at + LENGTH_BYTES;
    at = from + bytes.readUInt16BE(at);
    if (at > bytes.length) throw malformed('it ends within an entry');
    entries.push(bytes.subarray(from, at));
  }
  if (entries.length !== width) throw malformed(`${entries.length} entries instead of ${width}`);
  return entries;
}

function malformed(reason: string): HubError {
  return new HubError('LOG_TILE_MALFORMED', `not a bundle of entries: ${reason}`);
}
