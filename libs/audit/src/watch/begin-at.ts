import { readHashTile, rootTiles, TileEdge, tilePath, type ReadLogFile, type TreeHead } from '#tlog';
import { HubError } from '#errors';

/**
 * The right edge of a tree that a signed root proves, to verify from there on what is appended: of what is before it only the
 * root is known.
 * @throws HubError `LOG_TILE_INVALID`, `LOG_TILE_MISSING`, `LOG_TILE_MALFORMED`
 */
export async function beginAt(head: TreeHead, read: ReadLogFile): Promise<TileEdge> {
  const contents = new Map<string, Buffer>();
  for (const tile of rootTiles(head.size)) contents.set(tilePath(tile), await readHashTile(tile, read));
  const edge = TileEdge.from(head.size, (tile) => contents.get(tilePath(tile)) ?? Buffer.alloc(0));
  if (edge.root().equals(head.root)) return edge;
  throw new HubError('LOG_TILE_INVALID', `the partial tiles do not lead to the root of ${head.size}`);
}
