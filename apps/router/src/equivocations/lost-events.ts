import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { RefusedArrival } from '../routing/place-arrivals.ts';

/**
 * Of arrivals that were refused as equivocation, tells those apart against which there is no other event: their number has
 * its position, and the row of the event that got it was lost (by a mistaken statement: nothing here deletes one). It may
 * have been this very event. Without the first nobody can be accused of a second.
 * @param refused in the transaction in which the practices are locked, when what was placed is stored
 */
export async function withoutFirst(
  tx: Tx,
  refused: readonly RefusedArrival[],
): Promise<readonly RefusedArrival[]> {
  const forks = refused.filter(({ error }) => error.code === 'EQUIVOCATION');
  if (forks.length === 0) return refused;
  const events = forks.map(({ arrival }) => arrival.event);
  const rows = await tx.query<{ n: number }>(
    `select c.n::int as n
     from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::int[]) with ordinality
         as c(author, event_id, owner, uuid, number, n)
       join author_head h using (owner, uuid, author)
     where c.number <= h.number
       and not exists (select from seen s where (s.author, s.event_id) = (c.author, c.event_id))
       and not exists (select from routed_event e
         where (e.owner, e.uuid, e.author, e.number) = (c.owner, c.uuid, c.author, c.number))`,
    [
      events.map(({ author }) => author.ipa),
      events.map(({ id }) => id),
      events.map(({ practice }) => practice.owner),
      events.map(({ practice }) => practice.uuid),
      events.map(({ sequence }) => sequence.number),
    ],
  );
  const alone = new Set(rows.map(({ n }) => forks[n - 1]));
  return refused.map((one) => (alone.has(one) ? { ...one, error: placedEventLost(one) } : one));
}

function placedEventLost({ arrival: { event } }: RefusedArrival): HubError {
  return new HubError(
    'PLACED_EVENT_LOST',
    `number ${event.sequence.number} of ${event.author.ipa} has its position in this practice, and the event that got it is lost here; this one is ${event.id}`,
  );
}
