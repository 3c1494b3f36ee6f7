/** Events and decisions as they were signed, for a reader who asks later, or elsewhere, whether the signers were to be trusted. */
import {
  MAX_BYTES,
  validateParsed,
  type Decision,
  type HubEvent,
  type Receipt,
  type Sha256,
} from '#contracts';
import { readIntactItem } from './batch.ts';
import { readIntact } from './integrity.ts';
import { readItemAs } from './verified-items.ts';

/** An event whose signature holds. Nothing is said of whose it is. */
export interface IntactEvent {
  readonly event: HubEvent;
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
}

/** A decision that is in its batch, whose signature holds. Nothing is said of whose it is. */
export interface IntactDecision {
  readonly decision: Decision;
  /** The decision itself: unsigned canonical XML. */
  readonly item: Buffer;
  /** SHA-256 of the `SignedItem`. */
  readonly digest: Sha256;
}

/** @throws HubError of the steps of `verifyEvent` that need no trust */
export function readIntactEvent(bytes: Buffer): IntactEvent {
  return readIntact(bytes, MAX_BYTES.event, ({ digest, signedInfoDigest }, parsed) => ({
    event: validateParsed('event', parsed),
    digest,
    signedInfoDigest,
  }));
}

/** @throws HubError of the steps of `verifyDecision` that need no trust */
export function readIntactDecision(bytes: Buffer): IntactDecision {
  const placed = readIntactItem(bytes);
  return { decision: readItemAs('decision', placed), item: placed.item, digest: placed.digest };
}

/** @throws HubError of the steps of `verifyReceipt` that need no trust */
export function readIntactReceipt(bytes: Buffer): Receipt {
  return readItemAs('receipt', readIntactItem(bytes));
}
