import { sameIpa, type HubEvent } from '#contracts';
import { HubError } from '#errors';
import { requireHolder, requireRole, verifySigned, type TrustView } from '#evidence';
import type { AnomalyCode } from './anomalies.ts';
import { bodyDocument, eventName } from './compose.ts';
import { MAX_SEGNATURA_BYTES, type Segnatura } from './model.ts';
import { readSegnatura } from './read.ts';

/** What a segnatura is judged against. */
export interface JudgedMessage {
  readonly event: Pick<HubEvent, 'id' | 'author' | 'practice' | 'body'>;
  /** SHA-256 in base64 of each document that the receiver holds of the event, manifest and segnatura left out. */
  readonly digests: readonly string[];
}

/** Codes of `verifySigned` that say "this is no XML document", not "this seal is wrong". */
const UNREADABLE = new Set<string>([
  'SIGNED_DOCUMENT_MALFORMED',
  'SIGNED_DOCUMENT_TOO_LARGE',
  'NESTING_TOO_DEEP',
]);

/**
 * Judges a received segnatura in the order of Allegato 6: seal, then digests. The seal is our signature profile by the
 * event's author, so that the engine that verifies events verifies it too.
 *
 * @param at first proof that it existed: the time of the decision on the event, which names its salted digest
 * @throws HubError `PROTOCOL_SEAL_INVALID`, `PROTOCOL_NOT_RECEIVABLE`, `PROTOCOL_DIGEST_WRONG`, with the cause
 */
export function verifySegnatura(
  bytes: Buffer,
  trust: TrustView,
  at: Date,
  { event, digests }: JudgedMessage,
): Segnatura {
  checkSeal(bytes, trust, at, event.author.ipa);
  const segnatura = read(bytes);
  checkBelongs(segnatura, event);
  const wanted = digests.length === 0 ? [bodyDocument(event).digest] : digests;
  const named = [segnatura.primary, ...segnatura.attachments].map(({ digest }) => digest);
  if (sorted(named) !== sorted(wanted)) {
    throw refused(
      'PROTOCOL_DIGEST_WRONG',
      `the segnatura names ${named.length} documents, ${wanted.length} are here, and they are not the same`,
    );
  }
  return segnatura;
}

function checkSeal(bytes: Buffer, trust: TrustView, at: Date, author: string): void {
  try {
    const { signer } = verifySigned(bytes, trust, at, { maxBytes: MAX_SEGNATURA_BYTES });
    requireRole(signer, 'authority');
    requireHolder(signer, author);
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    const code = UNREADABLE.has(cause.code) ? 'PROTOCOL_NOT_RECEIVABLE' : 'PROTOCOL_SEAL_INVALID';
    throw refused(code, `${cause.code}: ${cause.message}`, cause);
  }
}

function read(bytes: Buffer): Segnatura {
  try {
    return readSegnatura(bytes);
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    throw refused('PROTOCOL_NOT_RECEIVABLE', cause.message, cause);
  }
}

function checkBelongs(segnatura: Segnatura, event: JudgedMessage['event']): void {
  const belongs =
    sameIpa(segnatura.id.body, event.author.ipa) &&
    sameIpa(segnatura.sender.ipa, event.author.ipa) &&
    segnatura.file?.code === event.practice.cui &&
    segnatura.primary.description === eventName(event);
  if (belongs) return;
  throw refused('PROTOCOL_NOT_RECEIVABLE', `the segnatura is not that of ${eventName(event)}`);
}

function refused(code: AnomalyCode, reason: string, cause?: HubError): HubError {
  return new HubError(code, reason, { cause });
}

function sorted(digests: readonly string[]): string {
  return digests.toSorted().join(' ');
}
