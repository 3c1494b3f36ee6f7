import { foldPractice, type PracticeState, type Receipt } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { insertDueDocuments } from '../documents/document-rows.ts';
import { appendFeed } from '../feed/append-feed.ts';
import type { NodeParts } from '../node-parts.ts';
import { loadState, saveEvent, saveState, waitingAt } from './practice-store.ts';
import { receiptOf } from './receipts.ts';
import type { Received } from './screen-event.ts';

/** What became of a received event: folded (and what had waited for it), or waiting for an earlier position. */
export type Folded = 'folded' | 'waiting';

/**
 * Folds one received event into its practice, in position order. What comes early waits, that practice only; what it
 * was waited for follows at once. The caller holds the practice's lock.
 * @param receipts receives what the node has to say of the events
 * @throws HubError `POSITION_TAKEN` if the practice is past this position with another event
 */
export async function foldReceived(
  tx: Tx,
  parts: NodeParts,
  received: Received,
  receipts: Receipt[],
  at: Date,
): Promise<Folded> {
  const { practice } = received.event;
  let state = await loadState(tx, practice);
  const next = (state?.position ?? 0) + 1;
  const { position } = received.decision;
  if (position < next) {
    throw new HubError(
      'POSITION_TAKEN',
      `position ${position} of ${practice.owner}/${practice.uuid} is another event's`,
    );
  }
  if (position > next) {
    await saveEvent(tx, received, { status: 'waiting', outOfFlow: false, at });
    if (!isOwn(parts, received))
      receipts.push(receiptOf(received, parts.ipa, 'held', at, 'POSITION_UNEXPECTED'));
    return 'waiting';
  }
  for (let turn: Received | null = received; turn; turn = await waitingAt(tx, practice, state.position + 1)) {
    state = await applyEvent(tx, parts, state, turn, at);
    if (!isOwn(parts, turn)) receipts.push(receiptOf(turn, parts.ipa, 'received', at));
  }
  return 'folded';
}

async function applyEvent(
  tx: Tx,
  parts: NodeParts,
  before: PracticeState | null,
  received: Received,
  at: Date,
): Promise<PracticeState> {
  const { event, decision, digest } = received;
  const { code, version } = decision.procedure;
  const procedure = parts.registry.procedure(code, version);
  if (!procedure) throw new HubError('PROCEDURE_UNKNOWN', `no procedure ${code} in version ${version}`);
  const state = foldPractice(before, { event, eventDigest: digest, decision }, procedure);
  const part = decision.participants.find(({ ipa }) => ipa === parts.ipa)?.part ?? 'informed';
  await saveState(tx, received, state, part);
  await saveEvent(tx, received, { status: 'accepted', outOfFlow: state.acts.at(-1)?.outOfFlow ?? false, at });
  if (!isOwn(parts, received)) await insertDueDocuments(tx, event, at);
  await appendFeed(
    tx,
    [
      {
        kind: 'event',
        owner: event.practice.owner,
        uuid: event.practice.uuid,
        author: event.author.ipa,
        eventId: event.id,
        type: event.type,
        position: decision.position,
      },
    ],
    at,
  );
  return state;
}

function isOwn(parts: NodeParts, received: Received): boolean {
  return received.event.author.ipa === parts.ipa;
}
