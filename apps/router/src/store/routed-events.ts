import type { Decision } from '#contracts';
import { sliced, type Tx } from '#persistence';
import type { Arrival } from '../routing/practice-ledger.ts';

/** An event with the decision about it. */
export interface Routed {
  readonly arrival: Arrival;
  readonly decision: Decision;
}

/**
 * Stores events with their signed decisions, once and for ever, in one statement.
 * @param items the signed decisions, in the order of `routed`
 */
export function insertRouted(tx: Tx, routed: readonly Routed[], items: readonly Buffer[]): void {
  const events = routed.map(({ arrival }) => arrival.event);
  // Events, then decisions, in one Buffer: the driver copies all that it has written before each further one.
  const { whole, starts, sizes } = sliced([...routed.map(({ arrival }) => arrival.bytes), ...items]);
  tx.write(
    `insert into routed_event
       (author, event_id, owner, uuid, position, number, digest, registry_number, decided_at, type, signer,
        bytes, decision)
     select r.author, r.event_id, r.owner, r.uuid, r.position, r.number, r.digest, r.registry_number, r.decided_at,
       r.type, r.signer,
       substring($16::bytea from r.bytes_start for r.bytes_size),
       substring($16::bytea from r.item_start for r.item_size)
     from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::int[], $7::text[], $8::int[],
         $9::timestamptz[], $10::int[], $11::int[], $12::int[], $13::int[], $14::text[], $15::text[])
       as r(author, event_id, owner, uuid, position, number, digest, registry_number, decided_at,
         bytes_start, bytes_size, item_start, item_size,
         type, signer)`,
    [
      events.map(({ author }) => author.ipa),
      events.map(({ id }) => id),
      events.map(({ practice }) => practice.owner),
      events.map(({ practice }) => practice.uuid),
      routed.map(({ decision }) => decision.position),
      events.map(({ sequence }) => sequence.number),
      routed.map(({ arrival }) => arrival.digest),
      routed.map(({ decision }) => decision.registry.number),
      routed.map(({ decision }) => decision.time),
      starts.slice(0, routed.length),
      sizes.slice(0, routed.length),
      starts.slice(routed.length),
      sizes.slice(routed.length),
      events.map(({ type }) => type),
      routed.map(({ arrival }) => arrival.signer),
      whole,
    ],
  );
}
