/** Decisions and receipts: signed per batch, read and checked one by one. */
import { parseValidated, serializeDecision, serializeReceipt, type Decision, type Receipt } from '#contracts';
import { signBatch, verifySignedItem, type SignedBatch, type VerifiedItem } from './batch.ts';
import type { Signer } from './signer.ts';
import { requireHolder, type TrustView } from './trust.ts';

export interface VerifiedDecision extends VerifiedItem {
  readonly decision: Decision;
}

export interface VerifiedReceipt extends VerifiedItem {
  readonly receipt: Receipt;
}

/**
 * Verifies a decision: batch signed by a router, the one that the decision names.
 * @throws HubError of `verifySignedItem`, the XML codes of `#contracts`
 */
export function verifyDecision(bytes: Buffer, trust: TrustView, at: Date): VerifiedDecision {
  const verified = verifySignedItem(bytes, trust, at, { kind: 'decision', role: 'router' });
  const decision = parseValidated('decision', verified.item);
  requireHolder(verified.signer, decision.router);
  return { ...verified, decision };
}

/**
 * Verifies a receipt: batch signed by the authority that speaks in it.
 * @throws HubError of `verifySignedItem`, the XML codes of `#contracts`
 */
export function verifyReceipt(bytes: Buffer, trust: TrustView, at: Date): VerifiedReceipt {
  const verified = verifySignedItem(bytes, trust, at, { kind: 'receipt', role: 'authority' });
  const receipt = parseValidated('receipt', verified.item);
  requireHolder(verified.signer, receipt.by);
  return { ...verified, receipt };
}

/** Signs decisions as one batch; `items` travel, in the order given. */
export function signDecisions(
  decisions: readonly Decision[],
  signer: Signer,
  at: Date,
): Promise<SignedBatch> {
  return signBatch('decision', decisions.map(serializeDecision), signer, at);
}

/** Signs receipts as one batch; `items` travel, in the order given. */
export function signReceipts(receipts: readonly Receipt[], signer: Signer, at: Date): Promise<SignedBatch> {
  return signBatch('receipt', receipts.map(serializeReceipt), signer, at);
}
