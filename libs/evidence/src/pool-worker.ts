/** What a worker thread does: everything about an event that follows from its bytes alone. */
import { MAX_BYTES, validateParsed, type HubEvent, type Sha256 } from '#contracts';
import { HubError, type ErrorCode } from '#errors';
import { readIntact } from './integrity.ts';

/** Events packed into one block of memory, which is handed over, not copied. */
export interface PoolTask {
  readonly packed: ArrayBuffer;
  /** Length of each event, bytes. */
  readonly lengths: readonly number[];
}

/** A `HubError` as threads can send it to each other. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type Outcome<T> = { readonly value: T } | { readonly refusal: Refusal };

/** An `IntactDocument` as threads can send it to each other, and the event in it. */
export interface IntactEvent {
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
  /** DER, base64. */
  readonly certificate: string;
  readonly signingTime: Date;
  readonly mimeType: string;
  /** Whether it fits its schema matters only once its signer is known. */
  readonly event: Outcome<HubEvent>;
}

/** @returns an outcome for each event, in order */
export default function answerAll({ packed, lengths }: PoolTask): readonly Outcome<IntactEvent>[] {
  let start = 0;
  return lengths.map((length) => {
    const bytes = Buffer.from(packed, start, length);
    start += length;
    return outcomeOf(() => readEvent(bytes));
  });
}

function readEvent(bytes: Buffer): IntactEvent {
  return readIntact(bytes, MAX_BYTES.event, (intact, parsed) => ({
    digest: intact.digest,
    signedInfoDigest: intact.signedInfoDigest,
    certificate: intact.certificate.encoded.der,
    signingTime: intact.signingTime,
    mimeType: intact.mimeType,
    event: outcomeOf(() => validateParsed('event', parsed)),
  }));
}

function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { refusal: { code: error.code, message: error.message, details: error.details } };
  }
}
