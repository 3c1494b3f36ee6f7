import type { Tx } from '#persistence';
import { keepAllParked } from '#quarantine';
import { insertDueDocuments } from '../documents/document-rows.ts';
import { noteRepeated, recordFork } from '../equivocations/record-equivocation.ts';
import { appendFeed } from '../feed/append-feed.ts';
import type { NodeParts } from '../node-parts.ts';
import { tally } from '../partners/partner-tally.ts';
import type { BatchChanges, Parking } from './batch-changes.ts';
import { saveNotices } from './mark-parked.ts';
import { ANYTHING, type Rare } from './rare.ts';
import { dropWaiting, reclaimDocuments, saveEvents, savePractices, unclaim } from './practice-store.ts';
import { sendReceipts } from './receipts.ts';
import { saveReceipts } from './store-receipt.ts';

/**
 * Writes what a batch has changed: each kind with one statement, however many events there are.
 * @param rare what of the rare there may be
 */
export async function saveChanges(
  tx: Tx,
  parts: Pick<NodeParts, 'ipa' | 'ids' | 'signer' | 'logger'>,
  changes: BatchChanges,
  at: Date,
  rare: Rare = ANYTHING,
): Promise<void> {
  const events = [...changes.events.values()];
  const placed = events.filter(({ status }) => status === 'accepted').map(({ received }) => received);
  const accepted = placed.map(({ event }) => event);
  const isOwn = ({ author }: (typeof accepted)[number]): boolean => author.ipa === parts.ipa;
  await saveNotices(tx, parts.ipa, changes.notices, at);
  // Before the events: a waiting one that leaves frees its position and its number.
  await dropWaiting(tx, [...changes.dropped.values()]);
  await unclaim(tx, changes.unclaimed);
  savePractices(tx, [...changes.practices.values()]);
  if (rare.replacements) await reclaimDocuments(tx, parts.ipa, accepted.filter(isOwn));
  saveEvents(tx, events, at);
  insertDueDocuments(
    tx,
    accepted.filter((event) => !isOwn(event)).map((event) => ({ event, documents: event.documents })),
    at,
  );
  const receipts = await saveReceipts(tx, changes.receipts);
  tally(
    tx,
    parts.ipa,
    {
      placed: events
        .filter(
          ({ received, status, restored }) => status === 'accepted' && !restored && isOwn(received.event),
        )
        .map(({ received }) => received),
      receipts: receipts.map(({ receipt }) => receipt),
    },
    at,
  );
  const parkings = await keepParkings(tx, parts, changes.parkings, at);
  const said = changes.said(new Set<object>([...receipts, ...parkings]));
  appendFeed(tx, said.feed, at);
  await sendReceipts(tx, said.receipts, parts.signer, at, rare.published);
  for (const fork of changes.forks) await recordFork(tx, parts, fork, at);
  await noteRepeated(tx, changes.repeated, at);
}

/** Delivered again, a record stays one entry; after it had passed, it is news. @returns those that are new */
async function keepParkings(
  tx: Tx,
  { ids }: Pick<NodeParts, 'ids'>,
  parkings: readonly Parking[],
  now: Date,
): Promise<Parking[]> {
  const records = parkings.map(({ record, error }) => ({
    origin: record,
    headers: record.headers,
    bytes: record.value,
    code: error.code,
    reason: error.message,
  }));
  const areNew = await keepAllParked(tx, records, { ids, now });
  return parkings.filter((_, index) => areNew[index]);
}
