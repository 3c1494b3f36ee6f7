/** What a verified document says as an entry of the log. The format of an entry cannot change: docs/adr/0010-the-log.md. */
import { anchoredAccesses, type RegistryEntry, type Sha256 } from '#contracts';
import type { VerifiedAction, VerifiedDecision, VerifiedEvent, VerifiedReceipt } from '#evidence';
import {
  registryEntryId,
  type AccessEntry,
  type ActionEntry,
  type DecisionEntry,
  type EventEntry,
  type ReceiptEntry,
  type RegistryChangeEntry,
} from '#tlog';

/**
 * The entry of an event. Its position is null for ever: the outbox does not know it, and the leaf must not depend on
 * which of two topics was read first. The decision's leaf has it.
 */
export function eventEntry({ event, digest: sha256 }: Pick<VerifiedEvent, 'event' | 'digest'>) {
  const { id: eventId, practice, type, time } = event;
  const author = event.author.ipa;
  return {
    kind: 'event',
    author,
    eventId,
    practice,
    position: null,
    type,
    time,
    sha256,
  } as const satisfies EventEntry;
}

export function decisionEntry({ decision, digest: sha256 }: Pick<VerifiedDecision, 'decision' | 'digest'>) {
  const { practice, position, time, router: by, rules, participants: recipients } = decision;
  const { author, id: eventId, type } = decision.event;
  return {
    kind: 'decision',
    author,
    eventId,
    practice,
    position,
    type,
    time,
    sha256,
    by,
    rules,
    recipients,
  } as const satisfies DecisionEntry;
}

export function receiptEntry({ receipt, digest: sha256 }: Pick<VerifiedReceipt, 'receipt' | 'digest'>) {
  const { practice, position, time, by, kind: type } = receipt;
  const { author, id: eventId } = receipt.event;
  return {
    kind: 'receipt',
    author,
    eventId,
    practice,
    position,
    type,
    time,
    sha256,
    by,
  } as const satisfies ReceiptEntry;
}

/** The entry of an operator's action, or of the accesses that a node anchors by one. */
export function actionEntry(verified: Pick<VerifiedAction, 'action' | 'digest'>) {
  const { action, digest: sha256 } = verified;
  const { id: eventId, node: author, kind: type, time } = action;
  const anchored = anchoredAccesses(action);
  if (anchored === null) return plainActionEntry(verified);
  const common = { author, eventId, practice: null, position: null, type, time, sha256 };
  return { kind: 'access', ...common, ...anchored } as const satisfies AccessEntry;
}

/** The same, as an auditor writes it that is older than the kind `access`: true, and says less. */
export function plainActionEntry({ action, digest: sha256 }: Pick<VerifiedAction, 'action' | 'digest'>) {
  const { id: eventId, node: author, kind: type, time, practice, outcome } = action;
  const common = { author, eventId, position: null, type, time, sha256 };
  return { kind: 'action', ...common, practice, outcome } as const satisfies ActionEntry;
}

/**
 * The entry of a link of the registry's chain: its position is its number.
 * @param author holder of the key that signed it
 */
export function registryEntry({ number, time, change }: RegistryEntry, author: string, sha256: Sha256) {
  return {
    kind: 'registry',
    author,
    eventId: registryEntryId(number),
    practice: null,
    position: number,
    type: change.kind,
    time,
    sha256,
  } as const satisfies RegistryChangeEntry;
}
