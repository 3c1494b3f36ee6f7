import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { Arrival } from '../routing/practice-ledger.ts';

/** The ids that authors have used for events that were placed, in an earlier batch or earlier in this one. */
export class KnownEvents {
  readonly #digests: Map<string, string>;

  constructor(digests: Map<string, string>) {
    this.#digests = digests;
  }

  /**
   * True if the event has been placed already: this is a redelivery, or a malleated copy.
   * @throws HubError `EQUIVOCATION` if its author has used its id for another event (architecture, rule 5)
   */
  has(arrival: Arrival): boolean {
    const known = this.#digests.get(identity(arrival));
    if (known === undefined) return false;
    if (known === arrival.signedInfoDigest) return true;
    const { author, id } = arrival.event;
    throw new HubError('EQUIVOCATION', `${author.ipa} has signed another event with id ${id}`);
  }

  /** The event gets its place: from now on its id is used. */
  add(arrival: Arrival): void {
    this.#digests.set(identity(arrival), arrival.signedInfoDigest);
  }
}

function identity({ event }: Arrival): string {
  return `${event.author.ipa}/${event.id}`;
}

/** Loads what is known of the ids of these events. Call it under the locks of their practices. */
export async function knownEvents(tx: Tx, arrivals: readonly Arrival[]): Promise<KnownEvents> {
  const rows = await tx.query<{ author: string; id: string; digest: string }>(
    `select author, event_id as id, encode(signed_info_digest, 'hex') as digest
     from unnest($1::text[], $2::uuid[]) as c(author, event_id) join seen using (author, event_id)`,
    [arrivals.map(({ event }) => event.author.ipa), arrivals.map(({ event }) => event.id)],
  );
  return new KnownEvents(new Map(rows.map((row) => [`${row.author}/${row.id}`, row.digest])));
}
