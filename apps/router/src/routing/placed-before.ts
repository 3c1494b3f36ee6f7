import { parseEvent, type HubEvent } from '#contracts';
import { HubError } from '#errors';
import { REFUSED_BY_TIME, sha256Hex } from '#evidence';
import type { Tx } from '#persistence';
import type { Refused } from '../quarantine/park-records.ts';

/**
 * Of records that do not pass by now, leaves out those whose very bytes this router has placed, or holds behind a gap.
 * They were proved when they came first: that their key was retired or revoked since makes no other document of them
 * when an outbox is read again.
 */
export async function withoutPlaced(tx: Tx, refused: readonly Refused[]): Promise<readonly Refused[]> {
  const asked = refused.flatMap((one) => (REFUSED_BY_TIME.has(one.error.code) ? (read(one) ?? []) : []));
  if (asked.length === 0) return refused;
  const rows = await tx.query<{ readonly digest: string }>(
    `with asked as (
       select * from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::int[])
         as c(author, event_id, owner, uuid, number)
     )
     select e.digest from asked join routed_event e using (author, event_id)
     union all
     select w.digest from asked join waiting_event w using (owner, uuid, author, number)`,
    [
      asked.map(({ author }) => author.ipa),
      asked.map(({ id }) => id),
      asked.map(({ practice }) => practice.owner),
      asked.map(({ practice }) => practice.uuid),
      asked.map(({ sequence }) => sequence.number),
    ],
  );
  const known = new Set(rows.map(({ digest }) => digest));
  return known.size === 0 ? refused : refused.filter(({ bytes }) => !known.has(sha256Hex(bytes)));
}

/** Nothing if it cannot be read: that was never placed. */
function read({ bytes }: Refused): HubEvent | undefined {
  try {
    return parseEvent(bytes);
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}
