/** What a verified document becomes in the log. The format of an entry cannot change: docs/adr/0010-the-log.md. */
import { actionEntry, decisionEntry, eventEntry, receiptEntry, registryEntry } from '#audit';
import type { IpaCode, PracticeId, RegistryEntry, Sha256 } from '#contracts';
import {
  sha256Hex,
  type VerifiedAction,
  type VerifiedDecision,
  type VerifiedEvent,
  type VerifiedItem,
  type VerifiedReceipt,
} from '#evidence';
import { logEntry, type LogEntry } from '#tlog';

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

export function eventLeaf(verified: VerifiedEvent): LeafCandidate {
  const { bytes, signedInfoDigest } = verified;
  return leafOf(eventEntry(verified), { bytes, contentDigest: signedInfoDigest });
}

/** @throws HubError `LOG_ENTRY_TOO_LARGE` for a decision that names thousands of bodies */
export function decisionLeaf(verified: VerifiedDecision): LeafCandidate {
  const { decision, bytes, itemDigest } = verified;
  return leafOf(decisionEntry(verified), {
    bytes,
    batch: batchIn(verified),
    contentDigest: itemDigest,
    decided: decision.event.digest,
  });
}

export function receiptLeaf(verified: VerifiedReceipt): LeafCandidate {
  const { receipt, bytes, itemDigest } = verified;
  const { by: speaker, kind: receiptKind } = receipt;
  return leafOf(receiptEntry(verified), {
    bytes,
    batch: batchIn(verified),
    contentDigest: itemDigest,
    speaker,
    receiptKind,
  });
}

/**
 * The leaf of an operator's action, or of the accesses that a node anchors by one. Kinds that this version does not know
 * are leaves as any other.
 */
export function actionLeaf(verified: VerifiedAction): LeafCandidate {
  const { bytes, itemDigest } = verified;
  return leafOf(actionEntry(verified), { bytes, batch: batchIn(verified), contentDigest: itemDigest });
}

/**
 * The leaf of a registry entry that the verified chain has.
 * @param author holder of the key that signed it
 */
export function registryLeaf(entry: RegistryEntry, author: string, bytes: Buffer): LeafCandidate {
  const contentDigest = sha256Hex(bytes);
  return leafOf(registryEntry(entry, author, contentDigest), { bytes, contentDigest });
}
