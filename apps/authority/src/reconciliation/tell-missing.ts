import { HubError } from '#errors';
import type { Healed } from './heal.ts';
import { missingAnswer, MAX_TOLD } from './peer-shapes.ts';
import { answerAs, type Partner } from './peer-tree.ts';
import type { RangeItem } from './range-tree.ts';

/**
 * Tells a neighbour what it lacks. It fetches that itself and judges it: its word on each is what comes back. One that
 * will not hear of it leaves the difference open, with its code.
 * @throws HubError `PEER_AWAY`
 */
export async function tellMissing(items: readonly RangeItem[], partner: Partner): Promise<Healed[]> {
  const told: Healed[] = [];
  for (let from = 0; from < items.length; from += MAX_TOLD) {
    const events = items.slice(from, from + MAX_TOLD);
    const codes = await answered(events, partner);
    told.push(...events.map((item) => ({ item, code: codes(item) })));
  }
  return told;
}

type CodeOf = (item: RangeItem) => string | null;

async function answered(events: readonly RangeItem[], partner: Partner): Promise<CodeOf> {
  const { client, neighbour, signal } = partner;
  try {
    const sent = await client.put(neighbour, 'v1/reconciliations/peer/missing', { events }, signal);
    const { outcomes } = answerAs(missingAnswer, sent, neighbour);
    return ({ author, eventId }) => {
      const outcome = outcomes.find((one) => one.author === author && one.eventId === eventId);
      return outcome === undefined ? 'PEER_ANSWER_INVALID' : outcome.code;
    };
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'PEER_AWAY') throw error;
    return () => error.code;
  }
}
