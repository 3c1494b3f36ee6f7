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
   * @throws HubError `EQUIVOCATION` if its author has used its id for another event (architecture, rule 5),
   *   `REPLACED_EVENT_PLACED` if it says that it replaces one that was placed
   */
  has(arrival: Arrival): boolean {
    const known = this.#digests.get(identity(arrival));
    const { author, id, replaces } = arrival.event;
    if (known === arrival.signedInfoDigest) return true;
    if (known === undefined) {
      const isPlaced = replaces !== null && this.#digests.has(`${author.ipa}/${replaces}`);
      if (!isPlaced) return false;
      throw new HubError(
        'REPLACED_EVENT_PLACED',
        `event ${replaces} of ${author.ipa} has its position already`,
      );
    }
    throw new HubError('EQUIVOCATION', `${author.ipa} has signed another event with id ${id}`);
  }

  /** Takes over what else is known. */
  learn(others: KnownEvents): void {
    for (const [id, digest] of others.#digests) this.#digests.set(id, digest);
  }

  /** The event gets its place: from now on its id is used. */
  add(arrival: Arrival): void {
    this.#digests.set(identity(arrival), arrival.signedInfoDigest);
  }
}

function identity({ event }: Arrival): string {
  return `${event.author.ipa}/${event.id}`;
}

/** Loads what is known of the ids of these events, and of those they replace. Call it under the locks of their practices. */
export async function knownEvents(tx: Tx, arrivals: readonly Arrival[]): Promise<KnownEvents> {
  if (arrivals.length === 0) return new KnownEvents(new Map());
  const ids = arrivals.flatMap(({ event: { author, id, replaces } }) =>
    [id, replaces].flatMap((each) => (each === null ? [] : [[author.ipa, each] as const])),
  );
  const rows = await tx.query<{ author: string; id: string; digest: string }>(
    `select author, event_id as id, encode(signed_info_digest, 'hex') as digest
     from unnest($1::text[], $2::uuid[]) as c(author, event_id) join seen using (author, event_id)`,
    [ids.map(([author]) => author), ids.map(([, id]) => id)],
  );
  return new KnownEvents(new Map(rows.map((row) => [`${row.author}/${row.id}`, row.digest])));
}
