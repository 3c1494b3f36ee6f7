/** What each record of an inbox's batch is, as far as the record itself tells: before this node looks at what it holds. */
import { HubError } from '#errors';
import { headerText, type IncomingRecord } from '#messaging';
import { screenNotice, type EquivocationNotice } from '../equivocations/screen-notice.ts';
import type { NodeParts } from '../node-parts.ts';
import type { HeldReceipt, ParkedNotice } from './arrived.ts';
import { checkSignatures, type CheckedSignatures } from './check-signatures.ts';
import { screenParkedNotice } from './mark-parked.ts';
import { screenEvent, type Received } from './screen-event.ts';
import { screenReceipt } from './store-receipt.ts';

/** A record of the inbox, understood. */
export type Screened = { readonly record: IncomingRecord } & (
  | { readonly kind: 'event'; readonly received: Received }
  | { readonly kind: 'receipt'; readonly receipt: HeldReceipt }
  | { readonly kind: 'parked'; readonly notice: ParkedNotice }
  | { readonly kind: 'equivocation'; readonly notice: EquivocationNotice }
  | { readonly kind: 'refused'; readonly error: HubError }
);

type ScreenParts = Pick<NodeParts, 'ipa' | 'registry' | 'verifier'>;

/**
 * @param now when the records arrived here
 * @returns one for each record, in order
 * @throws HubError `VERIFIER_FAILED` if the verifier itself is unwell
 */
export async function screenBatch(
  records: readonly IncomingRecord[],
  parts: ScreenParts,
  now: Date,
): Promise<readonly Screened[]> {
  const checked = await checkSignatures(records, parts.verifier);
  return records.map((record) => screen(record, checked, parts, now));
}

function screen(record: IncomingRecord, checked: CheckedSignatures, parts: ScreenParts, now: Date): Screened {
  const receipt = checked.receipts.get(record);
  try {
    if (receipt) return { kind: 'receipt', record, receipt: screenReceipt(receipt, parts, now) };
    switch (headerText(record, 'hub_class')) {
      case 'event':
        return {
          kind: 'event',
          record,
          received: screenEvent(record, checked.events.get(record), parts, now),
        };
      case 'parked':
        return { kind: 'parked', record, notice: screenParkedNotice(record) };
      case 'equivocation':
        return { kind: 'equivocation', record, notice: screenNotice(record, parts, now) };
      default:
        throw new HubError(
          'RECORD_CLASS_UNKNOWN',
          `the record's class is ${headerText(record, 'hub_class') ?? 'missing'}`,
        );
    }
  } catch (error) {
    if (error instanceof HubError) return { kind: 'refused', record, error };
    throw error;
  }
}
