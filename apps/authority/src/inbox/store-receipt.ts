import type { Receipt } from '#contracts';
import { verifyReceipt } from '#evidence';
import type { IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
import type { RegistryView } from '#registry-view';
import { appendFeed } from '../feed/append-feed.ts';

/** A verified receipt with its bytes. */
export interface HeldReceipt {
  readonly receipt: Receipt;
  readonly bytes: Buffer;
}

/** @throws HubError if the receipt does not verify, or was not signed by the participant that speaks */
export function screenReceipt(record: IncomingRecord, registry: RegistryView, now: Date): HeldReceipt {
  const { receipt } = verifyReceipt(record.value, registry, now);
  return { receipt, bytes: record.value };
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
