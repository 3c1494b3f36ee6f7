/** When filings were committed, by the one clock of the one server: `track_commit_timestamp`. */
import type pg from 'pg';

/** A filing between the Comune and the Provincia. */
export interface Passage {
  /** Commit at the author, milliseconds of the server's clock. */
  readonly at: number;
  /** From there to the commit at the recipient, milliseconds. */
  readonly took: number;
}

/**
 * At the author the row that the filing's transaction wrote and nothing changes later (`practice_search`) tells the
 * transaction; at the recipient the feed's row names it. The server stamps a commit just before its record is written
 * to disk: the time between has the author's write in it, and not the recipient's.
 * @param since only filings from this moment on, milliseconds of the server's clock
 */
export async function passages(
  author: pg.Client,
  recipient: pg.Client,
  since: number,
): Promise<readonly Passage[]> {
  const sent = await author.query<{ uuid: string; at: string }>(
    `select distinct on (uuid) uuid, extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000 as at
     from practice_search where pg_xact_commit_timestamp(xmin) >= to_timestamp($1::float8 / 1000)`,
    [since],
  );
  const received = await recipient.query<{ uuid: string; at: string }>(
    `select uuid, extract(epoch from pg_xact_commit_timestamp(xid::xid)) * 1000 as at
     from feed where kind = 'event' and pg_xact_commit_timestamp(xid::xid) >= to_timestamp($1::float8 / 1000)`,
    [since],
  );
  const arrived = new Map(received.rows.map(({ uuid, at }) => [uuid, Number(at)]));
  return sent.rows.flatMap(({ uuid, at }) => {
    const there = arrived.get(uuid);
    return there === undefined ? [] : [{ at: Number(at), took: there - Number(at) }];
  });
}

/** Now, by the server's clock. */
export async function serverNow(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ now: string }>(
    'select extract(epoch from clock_timestamp()) * 1000 as now',
  );
  return Number(rows[0]?.now);
}
