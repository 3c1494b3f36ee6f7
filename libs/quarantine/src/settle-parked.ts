/** Entries that need nobody any more, because of what came since. */
import type { Tx } from '#persistence';

/** Whether anything stands parked: a look into the beginning of an index, for who would else look for each of its records. */
export async function anyParked(tx: Tx): Promise<boolean> {
  const [row] = await tx.prepared<{ parked: boolean }>(
    `select exists (select from quarantine where status = 'parked') as parked`,
    [],
  );
  return row?.parked !== false;
}

/**
 * Closes what was parked with these very bytes: the same record, read again or sent again, has passed by now.
 * @param digests SHA-256, lower hex
 * @returns how many entries were closed
 */
export async function closePassed(tx: Tx, digests: readonly string[], at: Date): Promise<number> {
  if (digests.length === 0) return 0;
  const rows = await tx.query(
    `update quarantine set status = 'released', closed_at = $2
     where status = 'parked' and digest in (select decode(d, 'hex') from unnest($1::text[]) as d) returning id`,
    [digests, at],
  );
  return rows.length;
}

/** Whose entries are superseded, and by what: bytes (SHA-256, lower hex), or the id that their headers claim. */
export type Superseded = {
  /** The topic that they came from: nobody settles what stands in another's. */
  readonly topic: string;
  /** The entry that stays: of the same bytes at another place. */
  readonly except?: { readonly partition: number; readonly offset: string };
} & ({ readonly digest: string } | { readonly eventId: string });

/** Closes entries that their author has settled otherwise. */
export async function supersedeParked(tx: Tx, superseded: readonly Superseded[], at: Date): Promise<void> {
  const byDigest = superseded.flatMap((one) => ('digest' in one ? [{ ...one, key: one.digest }] : []));
  const byId = superseded.flatMap((one) =>
    'eventId' in one ? [{ ...one, key: Buffer.from(one.eventId).toString('base64') }] : [],
  );
  await close(tx, `q.digest = decode(s.key, 'hex')`, byDigest, at);
  await close(tx, `q.headers->>'ce_id' = s.key`, byId, at);
}

async function close(
  tx: Tx,
  match: string,
  superseded: readonly (Superseded & { readonly key: string })[],
  at: Date,
): Promise<void> {
  if (superseded.length === 0) return;
  await tx.query(
    `update quarantine q set status = 'superseded', closed_at = $5
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as s(topic, key, partition, place)
     where q.status = 'parked' and q.origin->>'topic' = s.topic and ${match}
       and not (q.origin->>'partition' = coalesce(s.partition, '') and q.origin->>'offset' = coalesce(s.place, ''))`,
    [
      superseded.map(({ topic }) => topic),
      superseded.map(({ key }) => key),
      superseded.map(({ except }) => (except === undefined ? null : String(except.partition))),
      superseded.map(({ except }) => except?.offset ?? null),
      at,
    ],
  );
}
