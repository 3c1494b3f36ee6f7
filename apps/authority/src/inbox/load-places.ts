import { parseEventId, practiceKey } from '#contracts';
import type { Tx } from '#persistence';
import { eventKeyOf } from './event-key.ts';
import { numberKey, type HeldPractices } from './practice-book.ts';
import { columnsOf } from './practice-store.ts';
import type { Received } from './screen-event.ts';

/** What there is where an event wants to go. */
interface Place {
  readonly received: Received;
  /** Key (`eventKeyOf`) of the event that has the position. */
  readonly holder: string | null;
  /** Id of the author's event that has the number. */
  readonly numbered: string | null;
  /** Whether events of the practice wait for their turn. */
  readonly waits: boolean;
}

interface PlaceRow extends Omit<Place, 'received'> {
  /** Which of the events, counted from 1. */
  readonly n: string;
}

/**
 * Loads which of the positions of these events, and of their authors' numbers, an event has already, and whether others
 * wait in their practices. Each question is one look into an index: joins took four times as long to plan.
 */
export async function loadPlaces(tx: Tx, received: readonly Received[]): Promise<readonly Place[]> {
  if (received.length === 0) return [];
  const practices = received.map(({ event }) => event.practice);
  const rows = await tx.query<PlaceRow>(
    `select c.n,
       (select e.author || '/' || e.event_id from event e
        where e.owner = c.owner and e.uuid = c.uuid and e.position = c.position) as holder,
       (select e.event_id from event e
        where e.owner = c.owner and e.uuid = c.uuid and e.author = c.author and e.number = c.number
          and e.status in ('accepted', 'waiting')) as numbered,
       exists (select from event e
        where e.owner = c.owner and e.uuid = c.uuid and e.status = 'waiting') as waits
     from unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::int[])
       with ordinality as c(owner, uuid, position, author, number, n)`,
    [
      ...columnsOf(practices),
      received.map(({ decision }) => decision.position),
      received.map(({ event }) => event.author.ipa),
      received.map(({ event }) => event.sequence.number),
    ],
  );
  return rows.map(({ n, holder, numbered, waits }) => {
    const one = received[Number(n) - 1];
    if (one === undefined) throw new RangeError(`no event ${n} was asked for`);
    return { received: one, holder, numbered, waits };
  });
}

/** Tells the practices what there is. */
export function notePlaces(held: HeldPractices, places: readonly Place[]): void {
  for (const { received, holder, numbered, waits } of places) {
    const { event, decision } = received;
    const practice = held.get(practiceKey(event.practice));
    if (practice === undefined) continue;
    if (holder !== null) practice.places.set(decision.position, holder);
    if (numbered !== null)
      practice.numbers.set(
        numberKey(event),
        eventKeyOf({ author: event.author, id: parseEventId(numbered) }),
      );
    practice.waits ||= waits;
  }
}
