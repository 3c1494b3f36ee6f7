/** Entries that need nobody any more, because of what came since. */
import type { Tx } from '#persistence';

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
export interface Superseded {
  /** The topic that they came from: nobody settles what stands in another's. */
  readonly topic: string;
  readonly digest?: string;
  readonly eventId?: string;
  /** The entry that stays: of the same bytes at another place. */
  readonly except?: { readonly partition: number; readonly offset: string };
}

/** Closes entries that their author has settled otherwise. */
export async function supersedeParked(tx: Tx, superseded: Superseded, at: Date): Promise<void> {
  const { topic, digest, eventId, except } = superseded;
  await tx.query(
    `update quarantine set status = 'superseded', closed_at = $6
     where status = 'parked' and origin->>'topic' = $1
       and ($2::text is null or digest = decode($2, 'hex')) and ($3::text is null or headers->>'ce_id' = $3)
       and ($2 is not null or $3 is not null)
       and not (origin->>'partition' = coalesce($4, '') and origin->>'offset' = coalesce($5, ''))`,
    [
      topic,
      digest ?? null,
      eventId === undefined ? null : Buffer.from(eventId).toString('base64'),
      except === undefined ? null : String(except.partition),
      except?.offset ?? null,
      at,
    ],
  );
}
