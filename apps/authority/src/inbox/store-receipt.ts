import type { Receipt } from '#contracts';
import { HubError } from '#errors';
import type { Checked } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { sliced, type Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import type { HeldReceipt } from './arrived.ts';
import type { BatchChanges } from './batch-changes.ts';

/**
 * @throws HubError `RECEIPT_NOT_OURS`; the codes of `verifyReceipt` if it does not verify, or was not signed by the
 *   participant that speaks
 */
export function screenReceipt(
  checked: Checked<'receipt', IncomingRecord>,
  { ipa, registry }: Pick<NodeParts, 'ipa' | 'registry'>,
  now: Date,
): HeldReceipt {
  const { receipt } = checked.judge(registry, now);
  // That an author has cancelled its registration is for everyone who has the event.
  if (receipt.event.author === ipa || isAuthorsCancellation(receipt))
    return { receipt, bytes: checked.item.value };
  throw new HubError('RECEIPT_NOT_OURS', `the receipt is for an event of ${receipt.event.author}`);
}

function isAuthorsCancellation({ by, event, kind }: Receipt): boolean {
  return by === event.author && kind === 'registration-cancelled';
}

/**
 * Takes a receipt in: the first of each kind that a participant gave for an event is kept, and shown in the feed; a
 * second delivery changes nothing.
 */
export function takeReceipt(changes: BatchChanges, held: HeldReceipt): void {
  const { event, practice, kind, position } = held.receipt;
  changes.receipts.push(held);
  changes.tell({
    ifNew: held,
    feed: {
      kind: 'receipt',
      owner: practice.owner,
      uuid: practice.uuid,
      author: event.author,
      eventId: event.id,
      type: kind,
      position,
    },
  });
}

/** @returns those that were not here before */
export async function saveReceipts(tx: Tx, held: readonly HeldReceipt[]): Promise<HeldReceipt[]> {
  if (held.length === 0) return [];
  const firsts = new Map(held.toReversed().map((one) => [keyOf(one.receipt), one]));
  const rows = [...firsts.values()].reverse();
  const receipts = rows.map(({ receipt }) => receipt);
  const bytes = sliced(rows.map((row) => row.bytes));
  const inserted = await tx.prepared<{ author: string; id: string; by: string; kind: string }>(
    `insert into receipt (author, event_id, by, kind, position, time, code, bytes)
     select r.author, r.event_id, r.by, r.kind, r.position, r.time, r.code, substring($10::bytea from r.start for r.size)
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::timestamptz[], $7::text[], $8::int[],
       $9::int[]) as r(author, event_id, by, kind, position, time, code, start, size)
     on conflict do nothing returning author, event_id as id, by, kind`,
    [
      receipts.map(({ event }) => event.author),
      receipts.map(({ event }) => event.id),
      receipts.map(({ by }) => by),
      receipts.map(({ kind }) => kind),
      receipts.map(({ position }) => position),
      receipts.map(({ time }) => time),
      receipts.map(({ code }) => code),
      bytes.starts,
      bytes.sizes,
      bytes.whole,
    ],
  );
  return inserted.flatMap(({ author, id, by, kind }) => firsts.get([author, id, by, kind].join(' ')) ?? []);
}

function keyOf({ event, by, kind }: Receipt): string {
  return [event.author, event.id, by, kind].join(' ');
}
