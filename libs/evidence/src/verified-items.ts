/** Decisions, receipts, actions and state digests: signed per batch, read and checked one by one. */
import {
  parseValidated,
  serializeAction,
  serializeDecision,
  serializeReceipt,
  serializeStateDigest,
  type BatchKind,
  type Decision,
  type DocumentOf,
  type OperatorAction,
  type Receipt,
  type StateDigest,
} from '#contracts';
import {
  concludeItem,
  readIntactItem,
  signBatch,
  type IntactItem,
  type PlacedItem,
  type SignedBatch,
  type VerifiedItem,
} from './batch.ts';
import type { Signer } from './signer.ts';
import { requireHolder, requireRole, type TrustView } from './trust.ts';

export interface VerifiedDecision extends VerifiedItem {
  readonly decision: Decision;
}

export interface VerifiedReceipt extends VerifiedItem {
  readonly receipt: Receipt;
}

export interface VerifiedAction extends VerifiedItem {
  readonly action: OperatorAction;
}

export interface VerifiedStateDigest extends VerifiedItem {
  readonly held: StateDigest;
}

/**
 * Verifies a decision: batch signed by a router, the one that the decision names.
 * @throws HubError of `verifySignedItem`, the XML codes of `#contracts`
 */
export function verifyDecision(bytes: Buffer, trust: TrustView, at: Date): VerifiedDecision {
  const placed = readIntactItem(bytes);
  return concludeDecision(placed, trust, at, () => readItemAs('decision', placed));
}

/**
 * Verifies a receipt: batch signed by the authority that speaks in it.
 * @throws HubError of `verifySignedItem`, the XML codes of `#contracts`
 */
export function verifyReceipt(bytes: Buffer, trust: TrustView, at: Date): VerifiedReceipt {
  const placed = readIntactItem(bytes);
  return concludeReceipt(placed, trust, at, () => readItemAs('receipt', placed));
}

/**
 * Verifies an operator's action: batch signed by the node at which it was done, in the role that it names.
 * @throws HubError of `verifySignedItem`, the XML codes of `#contracts`
 */
export function verifyAction(bytes: Buffer, trust: TrustView, at: Date): VerifiedAction {
  const placed = readIntactItem(bytes);
  return concludeAction(placed, trust, at, () => readItemAs('action', placed));
}

/**
 * Verifies what a node says that it holds of a practice: batch signed by the authority that speaks in it.
 * @throws HubError of `verifySignedItem`, the XML codes of `#contracts`
 */
export function verifyStateDigest(bytes: Buffer, trust: TrustView, at: Date): VerifiedStateDigest {
  const placed = readIntactItem(bytes);
  const verified = concludeItem(placed, trust, at, 'authority');
  const held = readItemAs('state-digest', placed);
  requireHolder(verified.signer, held.by);
  return { ...verified, held };
}

/**
 * The item as what it is expected to be, if it is in its batch. For this room only, as are the three below.
 * @throws HubError `BATCH_KIND_WRONG`, `BATCH_ITEM_NOT_INCLUDED`, the XML codes of `#contracts`
 */
export function readItemAs<K extends BatchKind>(
  kind: K,
  { item, requireIncluded }: Pick<PlacedItem, 'item' | 'requireIncluded'>,
): DocumentOf[K] {
  requireIncluded(kind);
  return parseValidated(kind, item);
}

/** What `verifyDecision` does once item and batch are known to be whole; `read` gives the decision, or throws. */
export function concludeDecision(
  intact: IntactItem,
  trust: TrustView,
  at: Date,
  read: () => Decision,
): VerifiedDecision {
  const verified = concludeItem(intact, trust, at, 'router');
  const decision = read();
  requireHolder(verified.signer, decision.router);
  return { ...verified, decision };
}

/** What `verifyReceipt` does once item and batch are known to be whole; `read` gives the receipt, or throws. */
export function concludeReceipt(
  intact: IntactItem,
  trust: TrustView,
  at: Date,
  read: () => Receipt,
): VerifiedReceipt {
  const verified = concludeItem(intact, trust, at, 'authority');
  const receipt = read();
  requireHolder(verified.signer, receipt.by);
  return { ...verified, receipt };
}

/** What `verifyAction` does once item and batch are known to be whole; `read` gives the action, or throws. */
export function concludeAction(
  intact: IntactItem,
  trust: TrustView,
  at: Date,
  read: () => OperatorAction,
): VerifiedAction {
  const verified = concludeItem(intact, trust, at, null);
  const action = read();
  requireRole(verified.signer, action.role);
  requireHolder(verified.signer, action.node);
  return { ...verified, action };
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

/** Signs actions as one batch; `items` travel, in the order given. */
export function signActions(
  actions: readonly OperatorAction[],
  signer: Signer,
  at: Date,
): Promise<SignedBatch> {
  return signBatch('action', actions.map(serializeAction), signer, at);
}

/** Signs what a node holds of practices as one batch; `items` travel, in the order given. */
export function signStateDigests(
  held: readonly StateDigest[],
  signer: Signer,
  at: Date,
): Promise<SignedBatch> {
  return signBatch('state-digest', held.map(serializeStateDigest), signer, at);
}
