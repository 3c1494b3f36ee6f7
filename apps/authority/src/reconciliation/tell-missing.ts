import type { Healed } from './heal.ts';
import { missingAnswer, MAX_TOLD } from './peer-shapes.ts';
import { answerAs, type Partner } from './peer-tree.ts';
import type { RangeItem } from './range-tree.ts';

/** Tells a neighbour what it lacks. It fetches that itself and judges it: its word on each is what comes back. */
export async function tellMissing(
  items: readonly RangeItem[],
  { client, neighbour, signal }: Partner,
): Promise<Healed[]> {
  const told: Healed[] = [];
  for (let from = 0; from < items.length; from += MAX_TOLD) {
    const events = items.slice(from, from + MAX_TOLD);
    const sent = await client.put(neighbour, 'v1/reconciliations/peer/missing', { events }, signal);
    const { outcomes } = answerAs(missingAnswer, sent, neighbour);
    const codes = new Map(outcomes.map(({ author, eventId, code }) => [`${author} ${eventId}`, code]));
    for (const item of events) {
      const code = codes.get(`${item.author} ${item.eventId}`);
      told.push({ item, code: code === undefined ? 'RECONCILIATION_ANSWER_INVALID' : code });
    }
  }
  return told;
}
