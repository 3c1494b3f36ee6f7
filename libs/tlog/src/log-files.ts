import { HubError } from '#errors';
import { parseBundle } from './entry-bundle.ts';
import { HASH_BYTES } from './hash.ts';
import { entriesPath, TILE_WIDTH, tilePath, type BundleAddress, type TileAddress } from './tile-path.ts';

/** Reads one of a log's files by its path (`tile/0/000.p/17`), from wherever it lies; undefined if it is not there. */
export type ReadLogFile = (path: string) => Promise<Buffer | undefined>;

/**
 * The hashes of a tile, one after the other; not yet believed.
 * @throws HubError `LOG_TILE_MISSING`, `LOG_TILE_MALFORMED`
 */
export async function readHashTile(tile: TileAddress, read: ReadLogFile): Promise<Buffer> {
  const { bytes, width } = await readFile(tile, tilePath, read);
  if (bytes.length === width * HASH_BYTES) return bytes.subarray(0, tile.width * HASH_BYTES);
  throw new HubError(
    'LOG_TILE_MALFORMED',
    `${tilePath(tile)} has ${bytes.length} bytes, ${width} hashes have ${width * HASH_BYTES}`,
  );
}

/** The entries of a bundle; not yet believed. @throws HubError `LOG_TILE_MISSING`, `LOG_TILE_MALFORMED` */
export async function readBundle(bundle: BundleAddress, read: ReadLogFile): Promise<Buffer[]> {
  const { bytes, width } = await readFile(bundle, entriesPath, read);
  return parseBundle(bytes, width).slice(0, bundle.width);
}

/** A partial file may be deleted once the full one exists, which begins with it: then the full one is read. */
async function readFile<Address extends BundleAddress>(
  address: Address,
  pathOf: (address: Address) => string,
  read: ReadLogFile,
): Promise<{ readonly bytes: Buffer; readonly width: number }> {
  const bytes = await read(pathOf(address));
  if (bytes !== undefined) return { bytes, width: address.width };
  const full = address.width < TILE_WIDTH ? await read(pathOf({ ...address, width: TILE_WIDTH })) : undefined;
  if (full !== undefined) return { bytes: full, width: TILE_WIDTH };
  throw new HubError('LOG_TILE_MISSING', `the log does not serve ${pathOf(address)}`);
}
