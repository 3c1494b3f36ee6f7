/** What a worker thread answers about a document, and what the calling thread makes of it: all that follows from the bytes. */
import {
  validateParsed,
  MAX_BYTES,
  type Decision,
  type BatchKind,
  type HubEvent,
  type OperatorAction,
  type Receipt,
  type Sha256,
} from '#contracts';
import { HubError, type ErrorCode } from '#errors';
import { partsOfItem, readIntactItem } from './batch.ts';
import { readCertificateText } from './certificate.ts';
import { readIntact, type IntactDocument } from './integrity.ts';
import type { TrustView } from './trust.ts';
import { concludeEvent, type VerifiedEvent } from './verified-event.ts';
import {
  concludeAction,
  concludeDecision,
  concludeReceipt,
  readItemAs,
  type VerifiedAction,
  type VerifiedDecision,
  type VerifiedReceipt,
} from './verified-items.ts';

/** What nodes receive by the batch. */
export interface VerifiedOf {
  readonly event: VerifiedEvent;
  readonly decision: VerifiedDecision;
  readonly receipt: VerifiedReceipt;
  readonly action: VerifiedAction;
}

export type CheckedKind = keyof VerifiedOf;

/** A `HubError` as threads can send it to each other. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type Outcome<T> = { readonly value: T } | { readonly refusal: Refusal };

/** An `IntactDocument` without its bytes, which the calling thread has. */
interface SentDocument {
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
  /** DER, base64. */
  readonly certificate: string;
  /** UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly signingTime: string;
  readonly mimeType: string;
}

interface Answered<T> {
  /** The event, or the batch of an item. */
  readonly signed: SentDocument;
  /** Of an item; null for an event. */
  readonly item: SentItem | null;
  /** Whether it fits its schema, and is in its batch, matters only once its signer is known. */
  readonly document: Outcome<T>;
}

interface SentItem {
  readonly digest: Sha256;
  readonly itemDigest: Sha256;
  readonly batchSigner: string;
}

interface ObjectOf {
  readonly event: HubEvent;
  readonly decision: Decision;
  readonly receipt: Receipt;
  readonly action: OperatorAction;
}

/** Plain data, the same once written as JSON and read again. */
export type Answer<K extends CheckedKind> = Outcome<Answered<ObjectOf[K]>>;

/** All checks that need no trust. Whatever is wrong with the bytes is in the answer; anything else is thrown. */
export function answer<K extends CheckedKind>(kind: K, bytes: Buffer): Answer<K> {
  return outcomeOf(() => (ANSWERERS[kind] as (bytes: Buffer) => Answered<ObjectOf[K]>)(bytes));
}

const ANSWERERS: { readonly [K in CheckedKind]: (bytes: Buffer) => Answered<ObjectOf[K]> } = {
  event: (bytes) =>
    readIntact(bytes, MAX_BYTES.event, (intact, parsed) => ({
      signed: sent(intact),
      item: null,
      document: outcomeOf(() => validateParsed('event', parsed)),
    })),
  decision: (bytes) => answerItem('decision', bytes),
  receipt: (bytes) => answerItem('receipt', bytes),
  action: (bytes) => answerItem('action', bytes),
};

function answerItem<K extends BatchKind & CheckedKind>(kind: K, bytes: Buffer): Answered<ObjectOf[K]> {
  const { digest, itemDigest, batchSigner, document, ...rest } = readIntactItem(bytes);
  return {
    signed: sent(document),
    item: { digest, itemDigest, batchSigner },
    document: outcomeOf(() => readItemAs(kind, rest)),
  };
}

/**
 * Judges who signed what an answer speaks of.
 *
 * @param bytes the bytes that were answered for, unchanged
 * @throws HubError of `verifyEvent`, `verifyDecision` or `verifyReceipt`
 */
export function conclude<K extends CheckedKind>(
  kind: K,
  bytes: Buffer,
  about: Answer<K>,
  trust: TrustView,
  at: Date,
): VerifiedOf[K] {
  return CONCLUDERS[kind](bytes, valueOf(about), trust, at);
}

type Concluder<K extends CheckedKind> = (
  bytes: Buffer,
  answered: Answered<ObjectOf[K]>,
  trust: TrustView,
  at: Date,
) => VerifiedOf[K];

const CONCLUDERS: { readonly [K in CheckedKind]: Concluder<K> } = {
  event: (bytes, { signed, document }, trust, at) =>
    concludeEvent(received(signed, bytes), trust, at, () => valueOf(document)),
  decision: (bytes, answered, trust, at) =>
    concludeDecision(receivedItem(bytes, answered), trust, at, () => valueOf(answered.document)),
  receipt: (bytes, answered, trust, at) =>
    concludeReceipt(receivedItem(bytes, answered), trust, at, () => valueOf(answered.document)),
  action: (bytes, answered, trust, at) =>
    concludeAction(receivedItem(bytes, answered), trust, at, () => valueOf(answered.document)),
};

function receivedItem(
  bytes: Buffer,
  { signed, item }: Answered<unknown>,
): Parameters<typeof concludeDecision>[0] {
  if (item === null) throw new TypeError('an answer about a signed item says nothing of the item');
  const { item: itemBytes, batch } = partsOfItem(bytes);
  return { ...item, bytes, item: itemBytes, batchDigest: signed.digest, document: received(signed, batch) };
}

function sent({
  digest,
  signedInfoDigest,
  certificate,
  signingTime,
  mimeType,
}: IntactDocument): SentDocument {
  return {
    digest,
    signedInfoDigest,
    certificate: certificate.encoded.der,
    signingTime: signingTime.toISOString(),
    mimeType,
  };
}

function received({ certificate, signingTime, ...rest }: SentDocument, bytes: Buffer): IntactDocument {
  return {
    ...rest,
    bytes,
    certificate: readCertificateText(certificate),
    signingTime: new Date(signingTime),
  };
}

function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { refusal: { code: error.code, message: error.message, details: error.details } };
  }
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  const { code, message, details } = outcome.refusal;
  throw new HubError(code, message, { details });
}
