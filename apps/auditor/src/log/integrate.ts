import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { crashPoint } from '#platform';
import { CompactRange, rootAddresses, type NoteSigner, type StoredNode } from '#tlog';
import { foundLog, latestCheckpoint, publishCheckpoint, type PublishedCheckpoint } from './checkpoints.ts';
import { loadHashes, storeHashes } from './node-hashes.ts';

/** Entries given their index in one transaction, at most. */
export const MAX_LEAVES = 1_024;

interface WaitingEntry {
  /** 64-bit number as text. */
  readonly entry: string;
  /** RFC 6962 leaf hash of the entry. */
  readonly hash: Buffer;
}

/**
 * Gives the entries that wait the next indexes, extends the tree and publishes the checkpoint of the new size: all of it
 * in the caller's transaction, which must hold the log's lease. Nothing is remembered between calls, so whatever died
 * in the middle left either all of it or nothing.
 * @returns how many leaves were added
 * @throws HubError `LOG_STATE_DAMAGED` if the stored hashes do not lead to the root published last
 */
export async function integrate(tx: Tx, signer: NoteSigner): Promise<number> {
  const [latest, waiting] = await Promise.all([
    latestCheckpoint(tx),
    tx.prepared<WaitingEntry>('select entry, hash from log_waiting order by entry limit $1', [MAX_LEAVES]),
  ]);
  const head = latest ?? (await foundLog(tx, signer));
  if (waiting.length === 0) return 0;
  const range = await resume(tx, head);
  const nodes: StoredNode[] = [];
  for (const { hash } of waiting) nodes.push(...range.append(hash));
  storeHashes(tx, nodes);
  crashPoint('log-hashes');
  placeLeaves(tx, waiting, head.size);
  crashPoint('log-leaves');
  publishCheckpoint(tx, signer, { previous: head.size, size: range.size, root: range.root() });
  crashPoint('log-checkpoint');
  return waiting.length;
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

/** What waited has its place from now on. The entries themselves are not touched. */
function placeLeaves(tx: Tx, waiting: readonly WaitingEntry[], from: number): void {
  tx.write(
    `with placed as (
       delete from log_waiting w using unnest($1::bigint[]) with ordinality as p(entry, nth)
       where w.entry = p.entry returning p.nth, w.entry, w.hash, w.author
     )
     insert into log_leaf (index, entry, hash, author)
     select $2::bigint + nth - 1, entry, hash, author from placed order by nth`,
    [waiting.map(({ entry }) => entry), from],
  );
}
