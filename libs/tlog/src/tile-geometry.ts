/** Which tiles a tree has, which a growth writes and which a proof needs (c2sp.org/tlog-tiles). */
import { HubError } from '#errors';
import { requireCount } from './hash.ts';
import { consistencyAddresses, inclusionAddresses } from './proofs.ts';
import { TILE_HEIGHT, TILE_WIDTH, tilePath, type BundleAddress, type TileAddress } from './tile-path.ts';
import { rootAddresses, type NodeAddress } from './tree.ts';

/** How many hashes all tiles of a level hold together in a tree of `size`: only whole tiles below are hashed upward. */
export function hashesAtLevel(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/**
 * The tiles to write when a log grows from `from` to `to` leaves: level by level from 0, each from left to right, the
 * partial one last. What is not among them has not changed.
 * @throws HubError `LOG_PROOF_MALFORMED` if the sizes are no counts or the tree would shrink.
 */
export function tilesOfGrowth(from: number, to: number): TileAddress[] {
  requireCount(from, 'old tree size');
  requireCount(to, 'new tree size');
  if (from > to) throw new HubError('LOG_PROOF_MALFORMED', `a log does not shrink from ${from} to ${to}`);
  const tiles: TileAddress[] = [];
  for (let level = 0; hashesAtLevel(level, to) > hashesAtLevel(level, from); level += 1) {
    const runs = bundlesBetween(hashesAtLevel(level, from), hashesAtLevel(level, to));
    tiles.push(...runs.map((run) => ({ level, ...run })));
  }
  return tiles;
}

/** The bundles of entries to write when a log grows from `from` to `to` leaves. @throws as `tilesOfGrowth` */
export function bundlesOfGrowth(from: number, to: number): BundleAddress[] {
  return tilesOfGrowth(from, to)
    .filter(({ level }) => level === 0)
    .map(({ index, width }) => ({ index, width }));
}

/** Every tile of a tree of `size`. Files of these names, and no others, are needed to prove anything about it. */
export function tilesOfTree(size: number): TileAddress[] {
  return tilesOfGrowth(0, size);
}

/**
 * The tile that has the hash of a complete subtree, as wide as it is in a tree of `size`.
 * @throws HubError `LOG_NODE_MISSING` if the tree has no such subtree.
 */
export function tileOfNode({ level, index }: NodeAddress, size: number): TileAddress {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const first = index * 2 ** (level % TILE_HEIGHT);
  const last = (index + 1) * 2 ** (level % TILE_HEIGHT) - 1;
  const total = hashesAtLevel(tileLevel, size);
  if (last >= total) {
    throw new HubError('LOG_NODE_MISSING', `a tree of ${size} has no hash at level ${level}, index ${index}`);
  }
  const tile = Math.floor(first / TILE_WIDTH);
  return { level: tileLevel, index: tile, width: Math.min(TILE_WIDTH, total - tile * TILE_WIDTH) };
}

/** The tile one level up that has the hash of a full tile. @throws as `tileOfNode` */
export function parentTile({ level, index }: TileAddress, size: number): TileAddress {
  return tileOfNode({ level: (level + 1) * TILE_HEIGHT, index }, size);
}

/** The tiles from which the root of a tree of `size` is computed: the partial ones, at most one a level. */
export function rootTiles(size: number): TileAddress[] {
  return tilesOfNodes(rootAddresses(size), size);
}

/**
 * The tiles that `inclusionProof` reads for a leaf of the tree of `size`.
 * @throws HubError `LOG_PROOF_MALFORMED` if the leaf is not in the tree.
 */
export function inclusionTiles(index: number, size: number): TileAddress[] {
  return tilesOfNodes(inclusionAddresses(index, size), size);
}

/** The tiles that `consistencyProof` reads. @throws HubError `LOG_PROOF_MALFORMED` if `first` exceeds `second`. */
export function consistencyTiles(first: number, second: number): TileAddress[] {
  return tilesOfNodes(consistencyAddresses(first, second), second);
}

/** The tiles that hold these hashes, each once. */
export function tilesOfNodes(nodes: readonly NodeAddress[], size: number): TileAddress[] {
  const tiles = nodes.map((node) => tileOfNode(node, size));
  return [...new Map(tiles.map((tile) => [tilePath(tile), tile])).values()];
}

/** Runs of 256 that hold items [from, to), the first of them whole even where it was begun before. */
function bundlesBetween(from: number, to: number): BundleAddress[] {
  const first = Math.floor(from / TILE_WIDTH);
  const count = Math.ceil(to / TILE_WIDTH) - first;
  return Array.from({ length: count }, (_, i) => ({
    index: first + i,
    width: Math.min(TILE_WIDTH, to - (first + i) * TILE_WIDTH),
  }));
}
