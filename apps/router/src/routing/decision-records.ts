import { cloudEventHeaders, decisionHeaders, practiceKey, topics } from '#contracts';
import type { OutboxRecord } from '#persistence';
import type { Routed } from '../store/routed-events.ts';

/**
 * What a router sends for each decision: the event's own bytes with the decision in a header to every joined
 * participant (the author is one of them), and the decision alone to `practice.routing`.
 * @param items the signed decisions, in the order of `routed`
 */
export function decisionRecords(routed: readonly Routed[], items: readonly Buffer[]): OutboxRecord[] {
  return routed.flatMap(({ arrival, decision }, index) => {
    const item = items[index];
    if (!item) return [];
    const headers = cloudEventHeaders(arrival.event);
    const joined = decision.participants.filter((participant) => participant.joined);
    const key = practiceKey(decision.practice);
    return [
      {
        topics: joined.map((participant) => topics.inbox(participant.ipa)),
        key,
        value: arrival.bytes,
        headers: { ...headers, hub_decision: item },
      },
      { topics: [topics.routing], key, value: item, headers: decisionHeaders(decision) },
    ];
  });
}
