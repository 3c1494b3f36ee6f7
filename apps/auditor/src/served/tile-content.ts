import { HubError } from '#errors';
import type { Tx } from '#persistence';
import {
  formatBundle,
  formatHashTile,
  leafHash,
  nodesOfTile,
  TILE_WIDTH,
  type BundleAddress,
  type TileAddress,
} from '#tlog';
import { loadHashes } from '../log/node-hashes.ts';

/** A leaf with the entry that it is the hash of. */
interface LoggedEntry {
  readonly hash: Buffer;
  readonly entry: Buffer;
}

/**
 * A tile of hashes, from those that are stored. The caller has made sure that the published tree has all of them.
 * @throws HubError `LOG_NODE_MISSING` if one has gone
 */
export async function loadHashTile(tx: Tx, tile: TileAddress): Promise<Buffer> {
  return formatHashTile(tile, await loadHashes(tx, nodesOfTile(tile)));
}

/**
 * A bundle of entries. The caller has made sure that the published tree has all of them. What is handed out is kept by
 * its readers for ever, so each entry is compared with its leaf first.
 * @throws HubError `LOG_STATE_DAMAGED` if one has gone or is not what was logged
 */
export async function loadBundle(tx: Tx, { index, width }: BundleAddress): Promise<Buffer> {
  const from = index * TILE_WIDTH;
  const leaves = await tx.prepared<LoggedEntry>(
    `select l.hash, e.entry from log_leaf l join log_entry e on e.id = l.entry
     where l.index >= $1 and l.index < $2 order by l.index`,
    [from, from + width],
  );
  const altered = leaves.findIndex(({ hash, entry }) => !leafHash(entry).equals(hash));
  if (leaves.length === width && altered < 0) return formatBundle(leaves.map(({ entry }) => entry));
  const what =
    altered < 0 ? `of the entries from ${from} on some have gone` : `entry ${from + altered} was altered`;
  throw new HubError('LOG_STATE_DAMAGED', what);
}
