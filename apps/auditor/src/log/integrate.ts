import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { crashPoint } from '#platform';
import { CompactRange, hashesIn, rootAddresses, type NoteSigner, type StoredNode } from '#tlog';
import { foundLog, latestCheckpoint, publishCheckpoint, type PublishedCheckpoint } from './checkpoints.ts';
import { loadHashes, storeHashes } from './node-hashes.ts';

/** Entries given their index in one transaction, at most. */
export const MAX_LEAVES = 1_024;

/**
 * Gives the entries that wait the next indexes, extends the tree and publishes the checkpoint of the new size: all of it
 * in the caller's transaction, which must hold the log's lease. Nothing is remembered between calls, so whatever died
 * in the middle left either all of it or nothing.
 * @returns how many leaves were added
 * @throws HubError `LOG_STATE_DAMAGED` if the stored hashes do not lead to the root published last
 */
export async function integrate(tx: Tx, signer: NoteSigner): Promise<number> {
  const head = (await latestCheckpoint(tx)) ?? (await foundLog(tx, signer));
  const [leaves, range] = await Promise.all([placeLeaves(tx, head.size), resume(tx, head)]);
  crashPoint('log-leaves');
  if (leaves.length === 0) return 0;
  const nodes: StoredNode[] = [];
  for (const hash of leaves) nodes.push(...range.append(hash));
  storeHashes(tx, nodes);
  crashPoint('log-hashes');
  publishCheckpoint(tx, signer, { previous: head.size, size: range.size, root: range.root() });
  crashPoint('log-checkpoint');
  return leaves.length;
}

/** The right edge of the tree that `head` has published, from the stored hashes. */
async function resume(tx: Tx, head: PublishedCheckpoint): Promise<CompactRange> {
  const addresses = rootAddresses(head.size);
  const hashAt = await loadHashes(tx, addresses);
  const hashes = addresses.flatMap(({ level, index }) => hashAt(level, index) ?? []);
  const range = hashes.length === addresses.length ? CompactRange.from(head.size, hashes) : null;
  if (range?.root().equals(head.root) === true) return range;
  throw new HubError(
    'LOG_STATE_DAMAGED',
    `the stored hashes do not give the root of checkpoint ${head.size}`,
  );
}

/**
 * What waited has its place from now on, in the order in which it came. The entries themselves are not touched, and
 * are not read.
 * @returns the hashes of the leaves, in their order
 */
async function placeLeaves(tx: Tx, from: number): Promise<readonly Buffer[]> {
  const [placed] = await tx.prepared<{ hashes: Buffer | null }>(
    `with taken as (
       delete from log_waiting where entry = any (array(select entry from log_waiting order by entry limit $1))
       returning entry, hash, author
     ), placed as (
       insert into log_leaf (index, entry, hash, author)
       select $2::bigint + row_number() over (order by entry) - 1, entry, hash, author from taken order by entry
     )
     select string_agg(hash, '' order by entry) as hashes from taken`,
    [MAX_LEAVES, from],
  );
  return hashesIn(placed?.hashes ?? Buffer.alloc(0));
}
