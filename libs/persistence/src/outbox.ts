import { HubError } from '#errors';

import type { Tx } from './unit-of-work.ts';

/** The channel on which an append wakes the relay, in the same transaction. */
export const OUTBOX_CHANNEL = 'outbox';

/** When the relay is to look: at once, or when others have come too. What a notification on the channel says. */
export type Urgency = 'now' | 'soon';

/** A record that is larger could not be sent in one batch of a broker with default limits. */
export const MAX_OUTBOX_RECORD_BYTES = 850 * 1024;

/** One record to be sent to every topic of `topics`, the same bytes to each. */
export interface OutboxRecord {
  readonly topics: readonly string[];
  /** Records of one key keep the order in which their transactions wrote them. */
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** A record as stored, not yet sent. */
export interface StoredOutboxRecord extends OutboxRecord {
  /** 64-bit number as text. */
  readonly id: string;
}

/** A header as stored: text as it is, bytes as `{ b64 }`. */
type StoredHeader = string | { readonly b64: string };

/**
 * Writes records to be sent once this transaction commits, and wakes the relay then. Writers of one key must hold a
 * lock on what the key stands for (the practice's row): ids of one key are then in the order of their commits.
 * @param urgency `soon`: nobody waits for these, and the relay may let more of them come together
 * @throws HubError `RECORD_TOO_LARGE` for more than `MAX_OUTBOX_RECORD_BYTES` of value and headers: nothing is written
 */
export async function appendOutbox(
  tx: Tx,
  records: readonly OutboxRecord[],
  urgency: Urgency = 'now',
): Promise<void> {
  if (records.length === 0) return;
  records.forEach(checkSize);
  const sizes = records.map((record) => record.value.length);
  let offset = 1;
  const offsets = sizes.map((size) => (offset += size) - size);
  await tx.query(
    `insert into outbox (topics, key, value, headers)
     select string_to_array(r.topics, ' '), r.key, substring($3::bytea from r.start for r.size), r.headers::jsonb
     from unnest($1::text[], $2::text[], $4::int[], $5::int[], $6::text[])
       with ordinality as r(topics, key, start, size, headers, n)
     order by r.n`,
    [
      // Topic names have no spaces (Kafka: letters, digits, ., _, -), and unnest would flatten an array of arrays.
      records.map((record) => record.topics.join(' ')),
      records.map((record) => record.key),
      Buffer.concat(records.map((record) => record.value)),
      offsets,
      sizes,
      records.map((record) => JSON.stringify(storedHeaders(record.headers))),
    ],
  );
  await tx.query('select pg_notify($1, $2)', [OUTBOX_CHANNEL, urgency]);
}

export interface OutboxBatchLimits {
  readonly records: number;
  readonly bytes: number;
}

/** Leaves out what goes to a blocked topic ($4), and what is behind such a record under the same key. */
const PAST_BLOCKED = `and not (o.topics && $4::text[]) and not exists (
  select 1 from outbox b where b.sent_at is null and b.id < o.id and b.key = o.key and b.topics && $4::text[])`;

/**
 * The oldest unsent records in the order of their ids, within the limits; one record larger than the limit comes alone.
 * It never asks for "id greater than the last": ids become visible out of order, and such a reader loses rows.
 * Records for a topic of `blocked` stay, and those behind them under the same key: order is kept, the rest goes on.
 * @param sent ids of records that have been sent, whose mark is still on its way
 */
export async function readUnsent(
  tx: Tx,
  limits: OutboxBatchLimits,
  blocked: readonly string[] = [],
  sent: readonly string[] = [],
): Promise<StoredOutboxRecord[]> {
  const rows = await tx.query<{
    id: string;
    topics: string[];
    key: string | null;
    value: Buffer;
    headers: Record<string, StoredHeader>;
  }>(
    `select o.id, o.topics, o.key, o.value, o.headers
     from (
       select id, row_number() over w as n, sum(octet_length(value) * cardinality(topics)) over w as bytes
       from (
         select * from outbox o where o.sent_at is null and o.id <> all($3::bigint[]) ${blocked.length === 0 ? '' : PAST_BLOCKED}
         order by o.id limit $1
       ) oldest
       window w as (order by id)
     ) chosen join outbox o on o.id = chosen.id
     where chosen.bytes <= $2 or chosen.n = 1
     order by o.id`,
    [limits.records, limits.bytes, sent, ...(blocked.length === 0 ? [] : [blocked])],
  );
  return rows.map((row) => ({
    id: row.id,
    topics: row.topics,
    key: row.key,
    value: row.value,
    headers: Object.fromEntries(
      Object.entries(row.headers).map(([name, header]) => [
        name,
        typeof header === 'string' ? header : Buffer.from(header.b64, 'base64'),
      ]),
    ),
  }));
}

/** Marks records as sent. Call it in a transaction that `Lease.fenced` guards. */
export async function markSent(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.query('update outbox set sent_at = now() where id = any($1::bigint[]) and sent_at is null', [ids]);
}

/** How many records wait to be sent, and since when the oldest does (null: none). */
export async function outboxBacklog(tx: Tx): Promise<{ unsent: number; oldest: Date | null }> {
  const [row] = await tx.query<{ unsent: string; oldest: Date | null }>(
    'select count(*) as unsent, min(created_at) as oldest from outbox where sent_at is null',
  );
  return { unsent: Number(row?.unsent ?? 0), oldest: row?.oldest ?? null };
}

/** Deletes records that were sent before `before`, at most `limit` at a time; answers how many went. */
export async function pruneOutbox(tx: Tx, before: Date, limit = 10_000): Promise<number> {
  const rows = await tx.query(
    `delete from outbox where id in (select id from outbox where sent_at < $1 order by sent_at limit $2) returning id`,
    [before, limit],
  );
  return rows.length;
}

function checkSize({ topics, value, headers }: OutboxRecord): void {
  const bytes = Object.values(headers).reduce((sum, header) => sum + header.length, value.length);
  if (bytes <= MAX_OUTBOX_RECORD_BYTES) return;
  throw new HubError('RECORD_TOO_LARGE', `a record of ${bytes} bytes for ${topics.join(', ')}`, {
    details: { topics, bytes, limit: MAX_OUTBOX_RECORD_BYTES },
  });
}

function storedHeaders(headers: OutboxRecord['headers']): Record<string, StoredHeader> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [
      name,
      typeof header === 'string' ? header : { b64: header.toString('base64') },
    ]),
  );
}
