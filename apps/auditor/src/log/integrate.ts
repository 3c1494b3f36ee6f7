import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { CompactRange, leafHash, rootAddresses, type NoteSigner, type StoredNode } from '#tlog';
import { foundLog, latestCheckpoint, publishCheckpoint, type PublishedCheckpoint } from './checkpoints.ts';
import { loadHashes, storeHashes } from './node-hashes.ts';

/** Entries given their index in one transaction. */
const MAX_BATCH = 1_024;

interface WaitingEntry {
  readonly id: string;
  readonly entry: Buffer;
}

/**
 * Gives the entries that wait the next indexes, extends the tree and publishes the checkpoint of the new size: all of it
 * in the caller's transaction, which must hold the log's lease. Nothing is remembered between calls, so whatever died
 * in the middle left either all of it or nothing.
 * @returns how many leaves were added
 * @throws HubError `LOG_STATE_DAMAGED` if the stored hashes do not lead to the root published last
 */
export async function integrate(tx: Tx, signer: NoteSigner): Promise<number> {
  const head = (await latestCheckpoint(tx)) ?? (await foundLog(tx, signer));
  const waiting = await tx.query<WaitingEntry>(
    'select id, entry from log_entry where index is null order by id limit $1',
    [MAX_BATCH],
  );
  if (waiting.length === 0) return 0;
  const range = await resume(tx, head);
  const nodes: StoredNode[] = [];
  for (const { entry } of waiting) nodes.push(...range.append(leafHash(entry)));
  await storeHashes(tx, nodes);
  await placeEntries(tx, waiting, head.size);
  await publishCheckpoint(tx, signer, { previous: head.size, size: range.size, root: range.root() });
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

async function placeEntries(tx: Tx, waiting: readonly WaitingEntry[], from: number): Promise<void> {
  await tx.query(
    `update log_entry as e set index = $2::bigint + p.nth - 1
     from unnest($1::bigint[]) with ordinality as p(id, nth) where e.id = p.id`,
    [waiting.map(({ id }) => id), from],
  );
}
