/** The content of tiles of hashes (c2sp.org/tlog-tiles): hashes one after the other, nothing between. */
import { HubError } from '#errors';
import { HASH_BYTES, hashesIn } from './hash.ts';
import { tileOfNode } from './tile-geometry.ts';
import { TILE_HEIGHT, TILE_WIDTH, type TileAddress } from './tile-path.ts';
import { hashesOf, rootAt, type HashAt, type NodeAddress } from './tree.ts';

/** Bytes of a full tile. */
export const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

/**
 * The hashes of a tile, as views of its bytes.
 * @throws HubError `LOG_TILE_MALFORMED` if it does not hold exactly `width` hashes.
 */
export function parseHashTile(bytes: Buffer, width: number): Buffer[] {
  if (bytes.length !== width * HASH_BYTES) {
    throw new HubError(
      'LOG_TILE_MALFORMED',
      `a tile of ${width} hashes has ${width * HASH_BYTES} bytes, this one ${bytes.length}`,
    );
  }
  return hashesIn(bytes);
}

/** The complete subtrees whose hashes a tile holds: what a store of hashes by (level, index) is asked for. */
export function nodesOfTile({ level, index, width }: TileAddress): NodeAddress[] {
  return Array.from({ length: width }, (_, i) => ({
    level: level * TILE_HEIGHT,
    index: index * TILE_WIDTH + i,
  }));
}

/**
 * Writes a tile out of a store of hashes.
 * @throws HubError `LOG_NODE_MISSING`
 */
export function formatHashTile(tile: TileAddress, hashAt: HashAt): Buffer {
  const bytes = Buffer.allocUnsafe(tile.width * HASH_BYTES);
  nodesOfTile(tile).forEach(({ level, index }, i) => {
    const hash = hashAt(level, index);
    if (hash?.length !== HASH_BYTES) {
      throw new HubError('LOG_NODE_MISSING', `the log has no hash at level ${level}, index ${index}`);
    }
    hash.copy(bytes, i * HASH_BYTES);
  });
  return bytes;
}

/**
 * The hash that the level above holds for a full tile.
 * @throws HubError `LOG_TILE_MALFORMED`
 */
export function fullTileHash(bytes: Buffer): Buffer {
  return rootAt(TILE_WIDTH, hashesOf(parseHashTile(bytes, TILE_WIDTH)));
}

/**
 * The hashes of a tree of `size`, out of its tiles. Between one level of tiles and the next, the levels of the tree are
 * computed.
 * @param hashesIn the hashes of a tile by their place in it (its own are level 0), or undefined if it is not at hand
 */
export function hashesInTiles(size: number, hashesIn: (tile: TileAddress) => HashAt | undefined): HashAt {
  return (level, index) => {
    const tile = tileOfNode({ level, index }, size);
    const within = level % TILE_HEIGHT;
    return hashesIn(tile)?.(within, index - tile.index * 2 ** (TILE_HEIGHT - within));
  };
}
