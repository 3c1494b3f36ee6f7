import type { EventId, IpaCode, Sha256 } from '#contracts';
import type { Tx } from '#persistence';

/** An event that was routed, and to whom it went. */
export interface Addressees {
  readonly digest: Sha256;
  /** `<owner>/<uuid>` */
  readonly practice: string;
  readonly joined: readonly IpaCode[];
}

interface EventName {
  readonly author: IpaCode;
  readonly id: EventId;
}

export function eventKey({ author, id }: EventName): string {
  return `${author}/${id}`;
}

/** Of the named events, those that this router has placed, by `eventKey`. */
export async function addressees(tx: Tx, events: readonly EventName[]): Promise<Map<string, Addressees>> {
  if (events.length === 0) return new Map();
  const rows = await tx.query<EventName & Addressees>(
    `select e.author, e.event_id as id, e.digest, e.owner || '/' || e.uuid as practice,
       array(select p->>'ipa' from jsonb_array_elements(r.participants) p where (p->>'joined')::boolean) as joined
     from (select distinct * from unnest($1::text[], $2::uuid[])) as c(author, event_id)
       join routed_event e using (author, event_id) join routed_practice r using (owner, uuid)`,
    [events.map(({ author }) => author), events.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [eventKey(row), row]));
}
