import type { Tx } from '#persistence';
import type { Arrival } from '../routing/practice-ledger.ts';

/** What is known of an event's id: nothing, the same event, or another one that the same author signed. */
export type Standing = 'new' | 'again' | 'equivocation';

/** Which events of a batch have been placed before, in an earlier batch or earlier in this one. */
export class KnownEvents {
  readonly #digests: Map<string, string>;

  constructor(digests: Map<string, string>) {
    this.#digests = digests;
  }

  /** Asks, and remembers the arrival for the rest of the batch. */
  meet(arrival: Arrival): Standing {
    const id = `${arrival.event.author.ipa}/${arrival.event.id}`;
    const digest = this.#digests.get(id);
    if (digest === undefined) {
      this.#digests.set(id, arrival.signedInfoDigest);
      return 'new';
    }
    return digest === arrival.signedInfoDigest ? 'again' : 'equivocation';
  }
}

export async function knownEvents(tx: Tx, arrivals: readonly Arrival[]): Promise<KnownEvents> {
  const rows = await tx.query<{ author: string; id: string; digest: string }>(
    `select author, event_id as id, encode(signed_info_digest, 'hex') as digest
     from unnest($1::text[], $2::uuid[]) as c(author, event_id) join seen using (author, event_id)`,
    [arrivals.map(({ event }) => event.author.ipa), arrivals.map(({ event }) => event.id)],
  );
  return new KnownEvents(new Map(rows.map((row) => [`${row.author}/${row.id}`, row.digest])));
}
