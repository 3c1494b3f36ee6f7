/** What a verified document becomes in the log. The format of an entry cannot change: docs/adr/0010-the-log.md. */
import type { EventId, IpaCode, PracticeId, Sha256 } from '#contracts';
import type { VerifiedAction, VerifiedDecision, VerifiedEvent, VerifiedReceipt } from '#evidence';
import { logEntry, type LogEntry } from '#tlog';

/** A leaf that has no index yet. It follows from the signed bytes alone, so every instance makes the same one. */
export interface LeafCandidate {
  readonly kind: 'event' | 'decision' | 'receipt' | 'action';
  /** The event's author; of an action, the node at which it was done. */
  readonly author: string;
  /** Of an action, its own. */
  readonly eventId: EventId;
  /** Of a receipt, who speaks and what kind it is; empty otherwise. With kind, author and id: one leaf for each. */
  readonly speaker: IpaCode | '';
  readonly receiptKind: string;
  /** Null for an action that is about none. */
  readonly practice: { readonly owner: IpaCode; readonly uuid: PracticeId } | null;
  /** What tells a copy from a contradiction: digest of the event's SignedInfo, or of the item in its batch. */
  readonly contentDigest: Sha256;
  /** Of a decision, SHA-256 of the event's bytes that it is about. */
  readonly decided: Sha256 | null;
  /** The signed bytes as they travelled, and their SHA-256. */
  readonly bytes: Buffer;
  readonly sha256: Sha256;
  /** RFC 8785 canonical JSON. */
  readonly entry: Buffer;
}

/** What a leaf has beside what its entry says. */
interface Evidence extends Pick<LeafCandidate, 'bytes' | 'contentDigest'> {
  readonly speaker?: IpaCode;
  readonly receiptKind?: string;
  readonly decided?: Sha256 | null;
}

/** @throws HubError `LOG_ENTRY_TOO_LARGE` */
function leafOf(
  entry: LogEntry & Pick<LeafCandidate, 'kind' | 'eventId' | 'practice' | 'sha256'>,
  { bytes, contentDigest, speaker, receiptKind = '', decided = null }: Evidence,
): LeafCandidate {
  const { kind, author, eventId, practice, sha256 } = entry;
  const about = { kind, author, eventId, speaker: speaker ?? ('' as const), receiptKind, practice };
  return { ...about, contentDigest, decided, bytes, sha256, entry: logEntry(entry).bytes };
}

/**
 * The leaf of an event. Its position is null for ever: the outbox does not know it, and the leaf must not depend on
 * which of two topics was read first. The decision's leaf has it.
 */
export function eventLeaf({ event, bytes, digest, signedInfoDigest }: VerifiedEvent): LeafCandidate {
  const { id: eventId, practice, type, time } = event;
  const author = event.author.ipa;
  return leafOf(
    { kind: 'event', author, eventId, practice, position: null, type, time, sha256: digest },
    { bytes, contentDigest: signedInfoDigest },
  );
}

/** @throws HubError `LOG_ENTRY_TOO_LARGE` for a decision that names thousands of bodies */
export function decisionLeaf({ decision, bytes, digest, itemDigest }: VerifiedDecision): LeafCandidate {
  const { practice, position, time, router: by, rules, participants: recipients } = decision;
  const { author, id: eventId, type, digest: decided } = decision.event;
  const common = { author, eventId, practice, position, type, time, sha256: digest };
  return leafOf(
    { kind: 'decision', ...common, by, rules, recipients },
    { bytes, contentDigest: itemDigest, decided },
  );
}

export function receiptLeaf({ receipt, bytes, digest, itemDigest }: VerifiedReceipt): LeafCandidate {
  const { practice, position, time, by, kind: type } = receipt;
  const { author, id: eventId } = receipt.event;
  return leafOf(
    { kind: 'receipt', author, eventId, practice, position, type, time, sha256: digest, by },
    { bytes, contentDigest: itemDigest, speaker: by, receiptKind: type },
  );
}

/** The leaf of an operator's action. Kinds that this version does not know are leaves as any other. */
export function actionLeaf({ action, bytes, digest, itemDigest }: VerifiedAction): LeafCandidate {
  const { id: eventId, node: author, kind: type, time, practice, outcome } = action;
  return leafOf(
    { kind: 'action', author, eventId, practice, position: null, type, time, sha256: digest, outcome },
    { bytes, contentDigest: itemDigest },
  );
}
