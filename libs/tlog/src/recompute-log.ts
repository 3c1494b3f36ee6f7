import { HubError } from '#errors';
import { HASH_BYTES, leafHash, requireCount } from './hash.ts';
import { readBundle, readHashTile, type ReadLogFile } from './log-files.ts';
import { TileEdge, type WrittenTile } from './tile-edge.ts';
import { TILE_WIDTH, tilePath } from './tile-path.ts';
import type { TreeHead } from './verified-tiles.ts';

/** Entries of one bundle that have been checked against every tile above them. */
export interface RecomputedEntries {
  /** Index of the first. */
  readonly from: number;
  readonly entries: readonly Buffer[];
}

/**
 * Reads a log from its entries up, as an auditor does: computes every hash again, compares every tile that the tree of
 * `head` has, and at the end the root. Bundle after bundle, in bounded memory. **What is handed out is proved only when
 * the generator has ended without an error.**
 * @param edge where to begin: the edge of a tree that was verified before; it is moved along to `head`
 * @throws HubError `LOG_TILE_INVALID` (`details.index`: the entry, where entry and hash disagree), `LOG_TILE_MISSING`,
 *   `LOG_TILE_MALFORMED`, `LOG_PROOF_MALFORMED`
 */
export async function* recomputeLog(
  head: TreeHead,
  read: ReadLogFile,
  edge: TileEdge = TileEdge.empty(),
): AsyncGenerator<RecomputedEntries> {
  requireCount(head.size, 'tree size');
  if (edge.size > head.size) throw invalid(`a log of ${head.size} does not extend one of ${edge.size}`);
  while (edge.size < head.size) {
    const from = edge.size;
    const index = Math.floor(from / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, head.size - index * TILE_WIDTH);
    const entries = (await readBundle({ index, width }, read)).slice(from - index * TILE_WIDTH);
    const tiles = edge.grow(entries.map(leafHash));
    // Partial tiles on the way are those of trees that may never have been published.
    await compare(
      tiles.filter(({ tile }) => tile.width === TILE_WIDTH),
      read,
    );
    yield { from, entries };
  }
  await compare(edge.partials(), read);
  if (!edge.root().equals(head.root)) {
    throw invalid(`the entries do not lead to the root of the checkpoint of size ${head.size}`);
  }
}

async function compare(tiles: readonly WrittenTile[], read: ReadLogFile): Promise<void> {
  for (const { tile, bytes } of tiles) {
    const found = await readHashTile(tile, read);
    if (bytes.equals(found)) continue;
    const index = tile.level === 0 ? tile.index * TILE_WIDTH + firstDifference(bytes, found) : null;
    const which = index === null ? '' : `, first at entry ${index}`;
    throw invalid(`${tilePath(tile)} does not follow from the entries${which}`, index);
  }
}

/** Which hash of two tiles is the first that differs. */
function firstDifference(bytes: Buffer, found: Buffer): number {
  return Math.floor(bytes.findIndex((byte, at) => byte !== found[at]) / HASH_BYTES);
}

/** @param index of the entry that it is about, if it is one */
function invalid(reason: string, index: number | null = null): HubError {
  return new HubError('LOG_TILE_INVALID', reason, index === null ? {} : { details: { index } });
}
