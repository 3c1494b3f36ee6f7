import type { ErrorCode } from '#errors';
import type { IncomingRecord } from '#messaging';
import { sliced, type Tx } from '#persistence';
import type { IdSource } from '#platform';

/** A record that did not pass, with the reason. Its origin is its place in a topic, or a name of the node's own. */
export interface ParkedRecord {
  readonly origin: Pick<IncomingRecord, 'topic' | 'partition' | 'offset'>;
  readonly headers: IncomingRecord['headers'];
  readonly bytes: Buffer;
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface KeepParkedOptions {
  /** Names the entries. */
  readonly ids: Pick<IdSource, 'uuidv7'>;
  readonly now: Date;
}

/**
 * Keeps what did not pass, once for each origin: many records with one statement. Of an entry whose record fails again it
 * is news if the code is another, or it was released: parked again, with the new reason. What an operator discarded, or
 * its author settled, stays so.
 * @returns for each record, in order, whether it is news: a new entry, or one that was parked again
 */
export async function keepAllParked(
  tx: Tx,
  records: readonly ParkedRecord[],
  options: KeepParkedOptions,
): Promise<boolean[]> {
  const news = new Set<ParkedRecord>();
  for (const round of roundsOf(records))
    for (const record of await keepRound(tx, round, options)) news.add(record);
  return records.map((record) => news.has(record));
}

/** One statement writes a row once: the second record of an origin is judged after the first. There is hardly ever one. */
function roundsOf(records: readonly ParkedRecord[]): ReadonlyMap<string, ParkedRecord>[] {
  const rounds: Map<string, ParkedRecord>[] = [];
  for (const record of records) {
    const key = originOf(record);
    const free = rounds.find((round) => !round.has(key));
    if (free) free.set(key, record);
    else rounds.push(new Map([[key, record]]));
  }
  return rounds;
}

function originOf({ origin: { topic, partition, offset } }: ParkedRecord): string {
  return JSON.stringify({ topic, partition, offset });
}

async function keepRound(
  tx: Tx,
  round: ReadonlyMap<string, ParkedRecord>,
  { ids, now }: KeepParkedOptions,
): Promise<ParkedRecord[]> {
  const records = [...round.values()];
  const bytes = sliced(records.map((record) => record.bytes));
  const news = await tx.query<{ topic: string; partition: string; offset: string }>(
    `insert into quarantine as q (id, origin, headers, bytes, code, reason, status, parked_at)
     select p.id, p.origin::jsonb, p.headers::jsonb, substring($8::bytea from p.start for p.size), p.code, p.reason,
       'parked', $9
     from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[])
       with ordinality as p(id, origin, headers, code, reason, start, size, n)
     order by p.n
     on conflict ((origin->>'topic'), (origin->>'partition'), (origin->>'offset'))
     do update set code = excluded.code, reason = excluded.reason, status = 'parked', closed_at = null
       where q.status = 'released' or (q.status = 'parked' and q.code <> excluded.code)
     returning origin->>'topic' as topic, origin->>'partition' as partition, origin->>'offset' as "offset"`,
    [
      records.map(() => ids.uuidv7()),
      records.map(originOf),
      records.map(storedHeaders),
      records.map(({ code }) => code),
      // A text that holds what no table takes would keep its record from being kept.
      records.map(({ reason }) => reason.replaceAll('\0', ' ')),
      bytes.starts,
      bytes.sizes,
      bytes.whole,
      now,
    ],
  );
  const keys = news.map(({ topic, partition, offset }) =>
    JSON.stringify({ topic, partition: Number(partition), offset }),
  );
  return keys.flatMap((key) => round.get(key) ?? []);
}

function storedHeaders({ headers }: ParkedRecord): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString('base64')])),
  );
}
