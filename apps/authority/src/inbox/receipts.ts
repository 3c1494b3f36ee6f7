import {
  practiceKey,
  receiptHeaders,
  topics,
  type IpaCode,
  type Receipt,
  type ReceiptKind,
} from '#contracts';
import type { ErrorCode } from '#errors';
import { signReceipts, type Signer } from '#evidence';
import { appendOutbox, type Tx } from '#persistence';
import { withoutPublished } from '../recovery/published-receipts.ts';
import type { Received } from './screen-event.ts';

const RECEIPT_VERSION = '1.0';

/** What this node has to say of an event, not signed yet. `said`: of a registration, where the kind is of one. */
export function receiptOf(
  received: Pick<Received, 'event' | 'digest' | 'decision'>,
  by: IpaCode,
  kind: ReceiptKind,
  at: Date,
  code: ErrorCode | null = null,
  said: Partial<Pick<Receipt, 'registration' | 'cancellation'>> = {},
): Receipt {
  const { event, digest, decision } = received;
  return {
    version: RECEIPT_VERSION,
    kind,
    by,
    time: at.toISOString(),
    event: { author: event.author.ipa, id: event.id, digest },
    practice: event.practice,
    position: decision.position,
    code,
    registration: said.registration ?? null,
    cancellation: said.cancellation ?? null,
  };
}

/**
 * Signs receipts over one Merkle root and appends them to the outbox, in the transaction of what they speak of. What
 * this node had said before its database was restored stands as it was signed then.
 * @param mayBeSaid whether any of them may have been
 */
export async function sendReceipts(
  tx: Tx,
  given: readonly Receipt[],
  signer: Signer,
  at: Date,
  mayBeSaid = true,
): Promise<void> {
  if (given.length === 0) return;
  const receipts = mayBeSaid ? await withoutPublished(tx, given) : given;
  if (receipts.length === 0) return;
  const { items } = await signReceipts(receipts, signer, at);
  await appendOutbox(
    tx,
    receipts.flatMap((receipt, index) => {
      const value = items[index];
      if (!value) return [];
      return [
        {
          // Once more for this node itself: nobody else may tell it what it had said.
          topics: [topics.receipts, topics.said(receipt.by)],
          key: practiceKey(receipt.practice),
          value,
          headers: receiptHeaders(receipt),
        },
      ];
    }),
    // Off the critical path: one send for what several batches have to say.
    'soon',
  );
}
