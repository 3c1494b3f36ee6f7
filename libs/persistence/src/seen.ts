import type { EventId, IpaCode } from '#contracts';

import type { Tx } from './unit-of-work.ts';

const DIGEST_BYTES = 32;

export interface SeenClaim {
  readonly author: IpaCode;
  readonly eventId: EventId;
  /** SHA-256 of the event's canonical SignedInfo, 32 bytes. */
  readonly signedInfoDigest: Buffer;
}

/**
 * `new`: this transaction is the first to see the event. `again`: seen before with the same SignedInfo (a redelivery,
 * or a malleated copy). `equivocation`: seen before with another SignedInfo under the same author and id.
 */
export type SeenResult = 'new' | 'again' | 'equivocation';

/**
 * Claims events for this transaction, one result per row in the rows' order. Rows of one call that name the same event
 * are judged in order: the first claims, the others are compared with it. Waits for another transaction that is
 * claiming the same event, and sees its claim if it commits.
 */
export async function claimSeen(tx: Tx, rows: readonly SeenClaim[]): Promise<SeenResult[]> {
  if (rows.length === 0) return [];
  const firsts = firstOfEach(rows);
  // One order for everyone: two batches with common events wait for each other instead of deadlocking.
  const claims = rows
    .filter((row, index) => firsts.get(identity(row)) === index)
    .sort((a, b) => (identity(a) < identity(b) ? -1 : 1));
  const inserted = await insert(tx, claims);
  const others = claims.filter((claim) => !inserted.has(identity(claim)));
  const known = others.length === 0 ? new Map<string, Buffer>() : await load(tx, others);
  for (const claim of claims)
    if (inserted.has(identity(claim))) known.set(identity(claim), claim.signedInfoDigest);
  return rows.map((row, index) => {
    const id = identity(row);
    if (inserted.has(id) && firsts.get(id) === index) return 'new';
    return known.get(id)?.equals(row.signedInfoDigest) === true ? 'again' : 'equivocation';
  });
}

const identity = (row: { readonly author: string; readonly eventId: string }): string =>
  `${row.author} ${row.eventId}`;

/** Of each event, the index of its first row. */
function firstOfEach(rows: readonly SeenClaim[]): Map<string, number> {
  const firsts = new Map<string, number>();
  rows.forEach((row, index) => {
    if (!firsts.has(identity(row))) firsts.set(identity(row), index);
  });
  return firsts;
}

async function insert(tx: Tx, claims: readonly SeenClaim[]): Promise<Set<string>> {
  // The digests travel as one Buffer: an array of bytea is sent as hexadecimal text, several times slower.
  const digests = Buffer.concat(claims.map((claim) => claim.signedInfoDigest));
  const rows = await tx.prepared<{ author: string; eventId: string }>(
    `insert into seen (author, event_id, signed_info_digest)
     select c.author, c.event_id, substring($3::bytea from (c.n::int - 1) * ${DIGEST_BYTES} + 1 for ${DIGEST_BYTES})
     from unnest($1::text[], $2::uuid[]) with ordinality as c(author, event_id, n)
     order by c.n
     on conflict do nothing
     returning author, event_id as "eventId"`,
    [claims.map((claim) => claim.author), claims.map((claim) => claim.eventId), digests],
  );
  return new Set(rows.map(identity));
}

async function load(tx: Tx, claims: readonly SeenClaim[]): Promise<Map<string, Buffer>> {
  const rows = await tx.prepared<{ author: string; eventId: string; digest: Buffer }>(
    `select s.author, s.event_id as "eventId", s.signed_info_digest as digest
     from unnest($1::text[], $2::uuid[]) as c(author, event_id) join seen s using (author, event_id)`,
    [claims.map((claim) => claim.author), claims.map((claim) => claim.eventId)],
  );
  return new Map(rows.map((row) => [identity(row), row.digest]));
}
