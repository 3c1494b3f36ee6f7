import { cloudEventHeaders, decisionHeaders, HUB_HEADERS, practiceKey, topics } from '#contracts';
import type { NewOutboxRecord } from '#persistence';
import type { Routed } from '../store/routed-events.ts';

/**
 * What a router sends for each decision: the event's own bytes with the decision in a header to every joined
 * participant (the author is one of them), and the decision alone to `practice.routing`.
 * Bytes and decisions are those of `routed_event`, where the same transaction stores them (`insertRouted`).
 * @param items the signed decisions, in the order of `routed`
 */
export function decisionRecords(routed: readonly Routed[], items: readonly Buffer[]): NewOutboxRecord[] {
  return routed.flatMap(({ arrival, decision }, index) => {
    const item = items[index];
    if (!item) return [];
    const headers = cloudEventHeaders(arrival.event);
    const joined = decision.participants.filter((participant) => participant.joined);
    const key = practiceKey(decision.practice);
    const kept = { author: arrival.event.author.ipa, eventId: arrival.event.id };
    return [
      {
        topics: joined.map((participant) => topics.inbox(participant.ipa)),
        key,
        value: arrival.bytes,
        headers: { ...headers, [HUB_HEADERS.decision]: item },
        kept: { ...kept, value: 'bytes', header: HUB_HEADERS.decision },
      },
      {
        topics: [topics.routing],
        key,
        value: item,
        headers: decisionHeaders(decision),
        kept: { ...kept, value: 'decision' },
      },
    ];
  });
}
