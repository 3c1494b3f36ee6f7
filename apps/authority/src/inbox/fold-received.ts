import {
  closesUnplacedFiling,
  closingProcedure,
  foldPractice,
  type PracticeState,
  type Receipt,
} from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { insertDueDocuments } from '../documents/document-rows.ts';
import { appendFeed } from '../feed/append-feed.ts';
import type { NodeParts } from '../node-parts.ts';
import { parkWaiting } from './park-received.ts';
import {
  checkPositionFree,
  loadState,
  reclaimDocuments,
  saveEvent,
  saveState,
  waitingAt,
} from './practice-store.ts';
import { receiptOf } from './receipts.ts';
import type { Received } from './screen-event.ts';

/** What became of a received event: folded (and what had waited for it), or waiting for an earlier position. */
export type Folded = 'folded' | 'waiting';

/**
 * Folds one received event into its practice, in position order. What comes early waits, that practice only; what it
 * was waited for follows at once. The caller holds the practice's lock. Nothing is written before it is sure to fit.
 * @param receipts receives what the node has to say of the events
 * @throws HubError `POSITION_TAKEN` if the position is another event's, `PROCEDURE_UNKNOWN`, `DECISION_MISMATCH`
 */
export async function foldReceived(
  tx: Tx,
  parts: NodeParts,
  received: Received,
  receipts: Receipt[],
  at: Date,
): Promise<Folded> {
  const { practice } = received.event;
  await checkPositionFree(tx, received);
  let state = await loadState(tx, practice);
  if (received.decision.position > (state?.position ?? 0) + 1) {
    await saveEvent(tx, received, { status: 'waiting', outOfFlow: false, at });
    if (!isOwn(parts, received))
      receipts.push(receiptOf(received, parts.ipa, 'held', at, 'POSITION_UNEXPECTED'));
    return 'waiting';
  }
  state = await applyEvent(tx, parts, state, received, receipts, at);
  for (;;) {
    const next = await waitingAt(tx, practice, state.position + 1);
    if (!next) return 'folded';
    try {
      state = await applyEvent(tx, parts, state, next, receipts, at);
    } catch (error) {
      if (!(error instanceof HubError) || error.policy.disposition !== 'park') throw error;
      await parkWaiting(tx, parts, next, error, receipts, at);
    }
  }
}

async function applyEvent(
  tx: Tx,
  parts: NodeParts,
  before: PracticeState | null,
  received: Received,
  receipts: Receipt[],
  at: Date,
): Promise<PracticeState> {
  const { event, decision, digest } = received;
  // The practice's own, whatever the decision says: the fold compares the two.
  const { code, version } = before?.procedure ?? decision.procedure;
  const procedure =
    before === null && closesUnplacedFiling(event)
      ? closingProcedure(event, parts.registry)
      : parts.registry.procedure(code, version);
  if (!procedure) throw new HubError('PROCEDURE_UNKNOWN', `no procedure ${code} in version ${version}`);
  const state = foldPractice(before, { event, eventDigest: digest, decision }, procedure);
  const part = decision.participants.find(({ ipa }) => ipa === parts.ipa)?.part ?? 'informed';
  await saveState(tx, received, state, part);
  if (isOwn(parts, received)) await reclaimDocuments(tx, event);
  await saveEvent(tx, received, { status: 'accepted', outOfFlow: state.acts.at(-1)?.outOfFlow ?? false, at });
  if (!isOwn(parts, received)) {
    await insertDueDocuments(tx, event, event.documents, at);
    receipts.push(receiptOf(received, parts.ipa, 'received', at));
  }
  const { owner, uuid } = event.practice;
  const { position } = decision;
  const item = { owner, uuid, author: event.author.ipa, eventId: event.id, type: event.type, position };
  await appendFeed(tx, [{ kind: 'event', ...item }], at);
  return state;
}

function isOwn(parts: NodeParts, received: Received): boolean {
  return received.event.author.ipa === parts.ipa;
}
