/** What a verified document becomes in the log. The format of an entry cannot change: docs/adr/0010-the-log.md. */
import type { EventId, IpaCode, PracticeId, Sha256 } from '#contracts';
import type { VerifiedAction, VerifiedDecision, VerifiedEvent, VerifiedReceipt } from '#evidence';
import { logEntry } from '#tlog';

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

/**
 * The leaf of an event. Its position is null for ever: the outbox does not know it, and the leaf must not depend on
 * which of two topics was read first. The decision's leaf has it.
 */
export function eventLeaf({ event, bytes, digest, signedInfoDigest }: VerifiedEvent): LeafCandidate {
  const author = event.author.ipa;
  const { id: eventId, practice, type, time } = event;
  const entry = logEntry({
    kind: 'event',
    author,
    eventId,
    practice,
    position: null,
    type,
    time,
    sha256: digest,
  });
  return {
    kind: 'event',
    author,
    eventId,
    speaker: '',
    receiptKind: '',
    practice,
    contentDigest: signedInfoDigest,
    decided: null,
    bytes,
    sha256: digest,
    entry: entry.bytes,
  };
}

/** @throws HubError `LOG_ENTRY_TOO_LARGE` for a decision that names thousands of bodies */
export function decisionLeaf({ decision, bytes, digest, itemDigest }: VerifiedDecision): LeafCandidate {
  const { practice, position, time, router, rules, participants } = decision;
  const { author, id: eventId, type } = decision.event;
  const entry = logEntry({
    kind: 'decision',
    author,
    eventId,
    practice,
    position,
    type,
    time,
    sha256: digest,
    by: router,
    rules,
    recipients: participants,
  });
  return {
    kind: 'decision',
    author,
    eventId,
    speaker: '',
    receiptKind: '',
    practice,
    contentDigest: itemDigest,
    decided: decision.event.digest,
    bytes,
    sha256: digest,
    entry: entry.bytes,
  };
}

export function receiptLeaf({ receipt, bytes, digest, itemDigest }: VerifiedReceipt): LeafCandidate {
  const { practice, position, time, by, kind } = receipt;
  const { author, id: eventId } = receipt.event;
  const entry = logEntry({
    kind: 'receipt',
    author,
    eventId,
    practice,
    position,
    type: kind,
    time,
    sha256: digest,
    by,
  });
  return {
    kind: 'receipt',
    author,
    eventId,
    speaker: by,
    receiptKind: kind,
    practice,
    contentDigest: itemDigest,
    decided: null,
    bytes,
    sha256: digest,
    entry: entry.bytes,
  };
}

/** The leaf of an operator's action. Kinds that this version does not know are leaves as any other. */
export function actionLeaf({ action, bytes, digest, itemDigest }: VerifiedAction): LeafCandidate {
  const { id: eventId, node: author, kind: type, time, practice, outcome } = action;
  const entry = logEntry({
    kind: 'action',
    author,
    eventId,
    practice,
    position: null,
    type,
    time,
    sha256: digest,
    outcome,
  });
  return {
    kind: 'action',
    author,
    eventId,
    speaker: '',
    receiptKind: '',
    practice,
    contentDigest: itemDigest,
    decided: null,
    bytes,
    sha256: digest,
    entry: entry.bytes,
  };
}
