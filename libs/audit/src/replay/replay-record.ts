/** What a replay needs of the log's records, as plain JSON: it is put aside and read again by practice. */
import { practiceKey, type HubEvent, type IpaCode, type PracticeId, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import { readIntactDecision, readIntactEvent } from '#evidence';
import type { LogRecord } from '../copy/records.ts';
import type { HeldDigest } from './node-states.ts';

/** An event that was logged. */
export interface EventRecord {
  readonly kind: 'event';
  readonly leaf: number;
  readonly event: HubEvent;
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
}

/** A decision that was logged. */
export interface DecisionRecord {
  readonly kind: 'decision';
  readonly leaf: number;
  /** Its canonical XML, which its batch signs. */
  readonly item: string;
  /** SHA-256 of the `SignedItem`. */
  readonly digest: Sha256;
}

/** An entry whose document is not here, or is not what the entry says. */
export interface LostRecord {
  readonly kind: 'lost';
  readonly leaf: number;
  readonly of: 'event' | 'decision';
  readonly author: string;
  readonly id: string;
  readonly position: number | null;
  /** Null: the copy does not have it. */
  readonly refusal: { readonly code: string; readonly message: string } | null;
}

/** What a node says that it holds. */
export interface HeldRecord {
  readonly kind: 'held';
  readonly held: HeldDigest;
}

export type ReplayRecord = EventRecord | DecisionRecord | LostRecord | HeldRecord;

/**
 * The record for a replay, with the practice that it belongs to; null for a leaf that decides nothing. The document's own
 * signature is checked, and that it is the document of this entry; whether its signer was to be trusted then is
 * `audit verify`'s question.
 */
export function replayRecordOf({
  index,
  leaf,
  signed,
}: LogRecord): { readonly practice: string; readonly record: ReplayRecord } | null {
  if (leaf.kind !== 'event' && leaf.kind !== 'decision') return null;
  const practice = practiceKey(leaf.practice as { owner: IpaCode; uuid: PracticeId });
  const lost = {
    kind: 'lost',
    leaf: index,
    of: leaf.kind,
    author: leaf.author,
    id: leaf.eventId,
    position: leaf.position,
  } as const;
  if (signed === null) return { practice, record: { ...lost, refusal: null } };
  try {
    return { practice, record: leaf.kind === 'event' ? eventOf(index, signed) : decisionOf(index, signed) };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { code, message } = error;
    return { practice, record: { ...lost, refusal: { code, message } } };
  }
}

function eventOf(leaf: number, signed: Buffer): EventRecord {
  return { kind: 'event', leaf, ...readIntactEvent(signed) };
}

function decisionOf(leaf: number, signed: Buffer): DecisionRecord {
  const { item, digest } = readIntactDecision(signed);
  return { kind: 'decision', leaf, item: item.toString('utf8'), digest };
}
