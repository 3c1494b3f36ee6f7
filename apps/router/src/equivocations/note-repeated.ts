import { noteCopies } from '#equivocations';
import type { Tx } from '#persistence';
import type { Arrival } from '../routing/practice-ledger.ts';

/** Of events that came again, counts those whose bytes are not the ones that were placed: the first stays. */
export async function noteRepeated(tx: Tx, repeated: readonly Arrival[], now: Date): Promise<void> {
  if (repeated.length === 0) return;
  const placed = await tx.query<{ author: string; id: string; digest: string }>(
    `select e.author, e.event_id as id, e.digest
     from (select distinct * from unnest($1::text[], $2::uuid[])) as c(author, event_id)
       join routed_event e using (author, event_id)`,
    [repeated.map(({ event }) => event.author.ipa), repeated.map(({ event }) => event.id)],
  );
  const digests = new Map(placed.map(({ author, id, digest }) => [`${author}/${id}`, digest]));
  const copies = repeated.filter(({ event: { author, id }, digest }) => {
    const kept = digests.get(`${author.ipa}/${id}`);
    return kept !== undefined && kept !== digest;
  });
  await noteCopies(tx, copies, now);
}
