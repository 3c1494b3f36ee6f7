/** What a verified document becomes in the log. The format of an entry cannot change: docs/adr/0010-the-log.md. */
import { anchoredAccesses, type IpaCode, type PracticeId, type RegistryEntry, type Sha256 } from '#contracts';
import {
  sha256Hex,
  type VerifiedAction,
  type VerifiedDecision,
  type VerifiedEvent,
  type VerifiedItem,
  type VerifiedReceipt,
} from '#evidence';
import { logEntry, registryEntryId, type LogEntry } from '#tlog';

/** A leaf that has no index yet. It follows from the signed bytes alone, so every instance makes the same one. */
export interface LeafCandidate {
  readonly kind: LogEntry['kind'];
  /** The event's author; of an action, the node at which it was done; of a change of the registry, who signed it. */
  readonly author: string;
  /** Of an action, its own; of a change of the registry, what `registryEntryId` makes of its number. */
  readonly eventId: string;
  /** Of a receipt, who speaks and what kind it is; empty otherwise. With kind, author and id: one leaf for each. */
  readonly speaker: IpaCode | '';
  readonly receiptKind: string;
  /** Null for what is about none. */
  readonly practice: { readonly owner: IpaCode; readonly uuid: PracticeId } | null;
  /**
   * What tells a copy from a contradiction: digest of the event's SignedInfo, or of the item in its batch; of a change of
   * the registry, of its bytes, which its successor names.
   */
  readonly contentDigest: Sha256;
  /** Of a decision, SHA-256 of the event's bytes that it is about. */
  readonly decided: Sha256 | null;
  /** The signed bytes as they travelled, and their SHA-256. */
  readonly bytes: Buffer;
  readonly sha256: Sha256;
  /** Of an item, the signed batch in these bytes; null for what is signed by itself. */
  readonly batch: BatchText | null;
  /** RFC 8785 canonical JSON. */
  readonly entry: Buffer;
}

/** The signed batch that an item travels with, the same in each of its items: the archive keeps it once. */
interface BatchText {
  /** SHA-256 of the batch. */
  readonly digest: Sha256;
  /** Where its base64 begins and ends in the item's bytes. */
  readonly start: number;
  readonly end: number;
}

/** A `SignedItem` that was verified has one spelling, and `<` is in no base64. */
function batchIn({ bytes, batchDigest }: Pick<VerifiedItem, 'bytes' | 'batchDigest'>): BatchText {
  const start = bytes.indexOf(BATCH_START) + BATCH_START.length;
  return { digest: batchDigest, start, end: bytes.indexOf('<', start) };
}

const BATCH_START = '<Batch>';

/** What a leaf has beside what its entry says. */
interface Evidence extends Pick<LeafCandidate, 'bytes' | 'contentDigest'> {
  readonly batch?: BatchText;
  readonly speaker?: IpaCode;
  readonly receiptKind?: string;
  readonly decided?: Sha256 | null;
}

/** @throws HubError `LOG_ENTRY_TOO_LARGE` */
function leafOf(
  entry: LogEntry & Pick<LeafCandidate, 'kind' | 'eventId' | 'practice' | 'sha256'>,
  { bytes, contentDigest, batch, speaker, receiptKind = '', decided = null }: Evidence,
): LeafCandidate {
  const { kind, author, eventId, practice, sha256 } = entry;
  const about = { kind, author, eventId, speaker: speaker ?? ('' as const), receiptKind, practice };
  return {
    ...about,
    contentDigest,
    decided,
    bytes,
    sha256,
    batch: batch ?? null,
    entry: logEntry(entry).bytes,
  };
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
export function decisionLeaf(verified: VerifiedDecision): LeafCandidate {
  const { decision, bytes, digest, itemDigest } = verified;
  const { practice, position, time, router: by, rules, participants: recipients } = decision;
  const { author, id: eventId, type, digest: decided } = decision.event;
  const common = { author, eventId, practice, position, type, time, sha256: digest };
  return leafOf(
    { kind: 'decision', ...common, by, rules, recipients },
    { bytes, batch: batchIn(verified), contentDigest: itemDigest, decided },
  );
}

export function receiptLeaf(verified: VerifiedReceipt): LeafCandidate {
  const { receipt, bytes, digest, itemDigest } = verified;
  const { practice, position, time, by, kind: type } = receipt;
  const { author, id: eventId } = receipt.event;
  return leafOf(
    { kind: 'receipt', author, eventId, practice, position, type, time, sha256: digest, by },
    { bytes, batch: batchIn(verified), contentDigest: itemDigest, speaker: by, receiptKind: type },
  );
}

/**
 * The leaf of an operator's action, or of the accesses that a node anchors by one. Kinds that this version does not know
 * are leaves as any other.
 */
export function actionLeaf(verified: VerifiedAction): LeafCandidate {
  const { action, bytes, digest, itemDigest } = verified;
  const { id: eventId, node: author, kind: type, time, practice, outcome } = action;
  const common = { author, eventId, position: null, type, time, sha256: digest };
  const anchored = anchoredAccesses(action);
  return leafOf(
    anchored === null
      ? { kind: 'action', ...common, practice, outcome }
      : { kind: 'access', ...common, practice: null, ...anchored },
    { bytes, batch: batchIn(verified), contentDigest: itemDigest },
  );
}

/**
 * The leaf of a registry entry that the verified chain has: its position is its number.
 * @param author holder of the key that signed it
 */
export function registryLeaf(entry: RegistryEntry, author: string, bytes: Buffer): LeafCandidate {
  const { number: position, time, change } = entry;
  const sha256 = sha256Hex(bytes);
  const eventId = registryEntryId(position);
  const { kind: type } = change;
  return leafOf(
    { kind: 'registry', author, eventId, practice: null, position, type, time, sha256 },
    { bytes, contentDigest: sha256 },
  );
}
