import { TileEdge, tilePath } from '#tlog';

/** The edge of a tree as it is kept in a file: its partial tiles by their paths, base64. */
export interface StoredEdge {
  readonly size: number;
  readonly tiles: Readonly<Record<string, string>>;
}

export function storeEdge(edge: TileEdge): StoredEdge {
  const tiles = edge.partials().map(({ tile, bytes }) => [tilePath(tile), bytes.toString('base64')] as const);
  return { size: edge.size, tiles: Object.fromEntries<string>(tiles) };
}

/** @throws HubError `LOG_TILE_MALFORMED`, `LOG_PROOF_MALFORMED` for what is no edge */
export function edgeOf({ size, tiles }: StoredEdge): TileEdge {
  return TileEdge.from(size, (tile) => Buffer.from(tiles[tilePath(tile)] ?? '', 'base64'));
}
