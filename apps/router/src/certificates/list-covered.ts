import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import type { UnitOfWork } from '#persistence';
import { readPageCursor, writePageCursor } from '#platform';
import { z } from 'zod';
import type { RouterRegistry } from '../router-registry.ts';

export interface CoveredQuestion {
  readonly fingerprint: Sha256;
  /** What a revocation from this moment on would cover; the registry's own "revoked from" when absent. */
  readonly from: string | undefined;
  /** The `next` of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** An event that stands, signed with a key that is in doubt. */
export interface CoveredEvent {
  readonly author: string;
  readonly eventId: string;
  readonly type: string;
  readonly owner: string;
  readonly practiceId: string;
  readonly cui: string;
  readonly position: number;
  readonly decidedAt: string;
  /** SHA-256 of its signed bytes. */
  readonly digest: string;
}

export interface CoveredPage {
  readonly fingerprint: Sha256;
  readonly holder: string;
  readonly role: string;
  readonly revokedFrom: string | null;
  readonly reason: string | null;
  readonly from: string;
  readonly events: readonly CoveredEvent[];
  readonly next: string | null;
}

/**
 * What a retroactive revocation covers: the events that this certificate has signed and that had their decision at or
 * after "revoked from". It undoes nothing: they keep their positions, and somebody has to look at each.
 */
export class ListCovered {
  readonly #work: UnitOfWork;
  readonly #registry: RouterRegistry;

  constructor(work: UnitOfWork, registry: RouterRegistry) {
    this.#work = work;
    this.#registry = registry;
  }

  /** @throws HubError `CERTIFICATE_NOT_LISTED`, `CERTIFICATE_NOT_REVOKED` without `from`, `CURSOR_INVALID` */
  async run({ fingerprint, from: given, after, limit }: CoveredQuestion): Promise<CoveredPage> {
    const listed = this.#registry.certificate(fingerprint);
    if (listed === undefined)
      throw new HubError('CERTIFICATE_NOT_LISTED', `certificate ${fingerprint} is not in the registry`);
    const from = given ?? listed.revokedFrom;
    if (from === null)
      throw new HubError('CERTIFICATE_NOT_REVOKED', `certificate ${fingerprint} is not revoked`);
    const cursor = after === undefined ? null : readCursor(after);
    const rows = await this.#rows(fingerprint, from, cursor, limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const { holder, role, revokedFrom, revocationReason: reason } = listed;
    return {
      ...{ fingerprint, holder, role, revokedFrom, reason, from },
      events: page.map(({ decidedAt, ...row }) => ({ ...row, decidedAt: decidedAt.toISOString() })),
      next: rows.length > page.length && last ? writeCursor(last) : null,
    };
  }

  #rows(
    fingerprint: Sha256,
    from: string,
    cursor: Cursor | null,
    limit: number,
  ): Promise<(Omit<CoveredEvent, 'decidedAt'> & { readonly decidedAt: Date })[]> {
    return this.#work.run((tx) =>
      tx.query(
        `select e.author, e.event_id as "eventId", e.type, e.owner, e.uuid as "practiceId", p.cui, e.position,
                e.decided_at as "decidedAt", e.digest
         from routed_event e join routed_practice p using (owner, uuid)
         where e.signer = $1 and e.decided_at >= $2
           and ($3::timestamptz is null or (e.decided_at, e.author, e.event_id) > ($3, $4::text, $5::uuid))
         order by e.decided_at, e.author, e.event_id limit $6`,
        [fingerprint, from, cursor?.at ?? null, cursor?.author ?? null, cursor?.id ?? null, limit],
      ),
    );
  }
}

interface Cursor {
  readonly at: string;
  readonly author: string;
  readonly id: string;
}

const cursorShape = z.tuple([z.iso.datetime(), z.string(), z.uuid()]);

function writeCursor({
  decidedAt,
  author,
  eventId,
}: Pick<CoveredEvent, 'author' | 'eventId'> & { readonly decidedAt: Date }): string {
  return writePageCursor([decidedAt.toISOString(), author, eventId]);
}

function readCursor(text: string): Cursor {
  const [at, author, id] = readPageCursor(cursorShape, text);
  return { at, author, id };
}
