import { practiceKey, sameIpa } from '#contracts';
import { HubError } from '#errors';
import { claimSeen, type Tx } from '#persistence';
import { insertDueDocuments } from '../documents/document-rows.ts';
import { lockPractices, saveEvents } from '../inbox/practice-store.ts';
import type { Received } from '../inbox/screen-event.ts';
import type { NodeParts } from '../node-parts.ts';

/**
 * Puts back the row of an event that was folded here once and is lost since: the practice is past its position, and its
 * state names the event. State, receipts and feed had it already. Of an event that is not here and that nothing remembers
 * but `seen`, that is forgotten too, so that the inbox's own checks find it new.
 * @param received verified, as everything from the inbox is
 * @returns whether the event is back; if not, it is for the inbox's checks
 * @throws HubError `POSITION_TAKEN` if the practice's state has another event at the position
 */
export async function restoreLost(tx: Tx, parts: NodeParts, received: Received, at: Date): Promise<boolean> {
  const { event, decision, digest } = received;
  const held = await lockPractices(tx, [event.practice]);
  const present = await tx.query('select 1 as present from event where author = $1 and event_id = $2', [
    event.author.ipa,
    event.id,
  ]);
  if (present.length > 0) return false;
  const signedInfoDigest = Buffer.from(received.signedInfoDigest, 'hex');
  const state = held.get(practiceKey(event.practice))?.state;
  if (decision.position > (state?.position ?? 0)) {
    await tx.query('delete from seen where author = $1 and event_id = $2 and signed_info_digest = $3', [
      event.author.ipa,
      event.id,
      signedInfoDigest,
    ]);
    return false;
  }
  const act = state?.acts.find(({ position }) => position === decision.position);
  if (act?.id !== event.id || !sameIpa(act.author, event.author.ipa) || act.digest !== digest) {
    throw new HubError(
      'POSITION_TAKEN',
      `position ${decision.position} of ${event.practice.owner}/${event.practice.uuid} was another event's`,
    );
  }
  const [seen] = await claimSeen(tx, [{ author: event.author.ipa, eventId: event.id, signedInfoDigest }]);
  if (seen === 'equivocation')
    throw new HubError('EQUIVOCATION', `${event.author.ipa} has signed another event with id ${event.id}`);
  saveEvents(tx, [{ received, status: 'accepted', outOfFlow: act.outOfFlow }], at);
  if (event.author.ipa !== parts.ipa) insertDueDocuments(tx, [{ event, documents: event.documents }], at);
  return true;
}
