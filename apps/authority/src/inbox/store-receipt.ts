import type { Receipt } from '#contracts';
import { HubError } from '#errors';
import type { Checked } from '#evidence';
import type { IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
import { appendFeed } from '../feed/append-feed.ts';
import type { NodeParts } from '../node-parts.ts';

/** A verified receipt with its bytes. */
export interface HeldReceipt {
  readonly receipt: Receipt;
  readonly bytes: Buffer;
}

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

/** Keeps the first receipt of each kind that a participant gave for an event; a second delivery changes nothing. */
export async function storeReceipt(tx: Tx, { receipt, bytes }: HeldReceipt, now: Date): Promise<void> {
  const { event, practice } = receipt;
  const inserted = await tx.query(
    `insert into receipt (author, event_id, by, kind, position, time, code, bytes)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning by`,
    [event.author, event.id, receipt.by, receipt.kind, receipt.position, receipt.time, receipt.code, bytes],
  );
  if (inserted.length === 0) return;
  await appendFeed(
    tx,
    [
      {
        kind: 'receipt',
        owner: practice.owner,
        uuid: practice.uuid,
        author: event.author,
        eventId: event.id,
        type: receipt.kind,
        position: receipt.position,
      },
    ],
    now,
  );
}
