import type { Decision } from '#contracts';
import type { Tx } from '#persistence';
import type { Arrival } from '../routing/practice-ledger.ts';

/** An event with the decision about it. */
export interface Routed {
  readonly arrival: Arrival;
  readonly decision: Decision;
}

/**
 * Stores events with their signed decisions, once and for ever.
 * @param items the signed decisions, in the order of `routed`
 */
export async function insertRouted(
  tx: Tx,
  routed: readonly Routed[],
  items: readonly Buffer[],
): Promise<void> {
  for (const [index, { arrival, decision }] of routed.entries()) {
    const { event } = arrival;
    await tx.query(
      `insert into routed_event
         (author, event_id, owner, uuid, position, number, digest, registry_number, bytes, decision, decided_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        event.author.ipa,
        event.id,
        event.practice.owner,
        event.practice.uuid,
        decision.position,
        event.sequence.number,
        arrival.digest,
        decision.registry.number,
        arrival.bytes,
        items[index],
        decision.time,
      ],
    );
  }
}
