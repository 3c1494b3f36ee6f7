import { HubError } from '#errors';

import { prunePartitions } from './partitions/keep-partitions.ts';
import type { PartitionPlan } from './partitions/partition-plan.ts';
import { readHeaders, storedHeaders, type RecordHeaders, type StoredHeaders } from './outbox-headers.ts';
import { sliced } from './sliced.ts';
import type { Tx } from './unit-of-work.ts';

/** The channel on which an append wakes the relay, in the same transaction. */
export const OUTBOX_CHANNEL = 'outbox';

/** When the relay is to look: at once, or when others have come too. What a notification on the channel says. */
export type Urgency = 'now' | 'soon';

/** A record that is larger could not be sent in one batch of a broker with default limits. */
export const MAX_OUTBOX_RECORD_BYTES = 850 * 1024;

/** Records of a week are together, and go together. */
export const OUTBOX_PARTITIONS: PartitionPlan = {
  table: 'outbox',
  column: 'created_at',
  every: 'week',
  ahead: 2,
};

/** One record to be sent to every topic of `topics`, the same bytes to each. */
export interface OutboxRecord {
  readonly topics: readonly string[];
  /** Records of one key keep the order in which their transactions wrote them. */
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: RecordHeaders;
}

/** A record as stored, not yet sent. */
export interface StoredOutboxRecord extends OutboxRecord {
  /** 64-bit number as text. */
  readonly id: string;
  /** When it was appended, by the database's clock, to the millisecond below. */
  readonly createdAt: Date;
}

const NOTHING = Buffer.alloc(0);

/**
 * Writes records to be sent once this transaction commits, and wakes the relay then. Writers of one key must hold a
 * lock on what the key stands for (the practice's row): ids of one key are then in the order of their commits.
 * @param urgency `soon`: nobody waits for these, and the relay may let more of them come together
 * @throws HubError `RECORD_TOO_LARGE` for more than `MAX_OUTBOX_RECORD_BYTES` of value and headers: nothing is written
 */
export function appendOutbox(
  tx: Tx,
  records: readonly OutboxRecord[],
  urgency: Urgency = 'now',
): Promise<void> {
  if (records.length === 0) return Promise.resolve();
  records.forEach(checkSize);
  const headers = records.map((record) => storedHeaders(record.headers));
  const values = sliced(records.map((record) => record.value));
  const bytes = sliced(headers.map((stored) => stored.bytes ?? NOTHING));
  tx.write(
    `with appended as (insert into outbox (topics, key, value, headers, header_bytes)
     select string_to_array(r.topics, ' '), r.key, substring($3::bytea from r.start for r.size), r.headers::jsonb,
       case when r.header_size > 0 then substring($7::bytea from r.header_start for r.header_size) end
     from unnest($1::text[], $2::text[], $4::int[], $5::int[], $6::text[], $8::int[], $9::int[])
       with ordinality as r(topics, key, start, size, headers, header_start, header_size, n)
     order by r.n)
     select pg_notify($10, $11)`,
    [
      // Topic names have no spaces (Kafka: letters, digits, ., _, -), and unnest would flatten an array of arrays.
      records.map((record) => record.topics.join(' ')),
      records.map((record) => record.key),
      values.whole,
      values.starts,
      values.sizes,
      headers.map((stored) => JSON.stringify(stored.headers)),
      bytes.whole,
      bytes.starts,
      bytes.sizes,
      OUTBOX_CHANNEL,
      urgency,
    ],
  );
  // On its way: nothing of it is to be waited for before the commit.
  return Promise.resolve();
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
  tx: Pick<Tx, 'prepared'>,
  limits: OutboxBatchLimits,
  blocked: readonly string[] = [],
  sent: readonly string[] = [],
): Promise<StoredOutboxRecord[]> {
  const rows = await tx.prepared<{
    id: string;
    topics: string[];
    key: string | null;
    value: Buffer;
    headers: StoredHeaders['headers'];
    bytes: Buffer | null;
    createdAt: Date;
  }>(
    `select o.id, o.topics, o.key, o.value, o.headers, o.header_bytes as bytes, o.created_at as "createdAt"
     from (
       select id, created_at, row_number() over w as n, sum(
         (octet_length(value) + coalesce(octet_length(header_bytes), 0)) * cardinality(topics)) over w as bytes
       from (
         select * from outbox o where o.sent_at is null and o.id <> all($3::bigint[]) ${blocked.length === 0 ? '' : PAST_BLOCKED}
         order by o.id limit $1
       ) oldest
       window w as (order by id)
     ) chosen join outbox o on o.id = chosen.id and o.created_at = chosen.created_at
     where chosen.bytes <= $2 or chosen.n = 1
     order by o.id`,
    [limits.records, limits.bytes, sent, ...(blocked.length === 0 ? [] : [blocked])],
  );
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.createdAt,
    topics: row.topics,
    key: row.key,
    value: row.value,
    headers: readHeaders(row),
  }));
}

/** Marks records as sent. Call it in a transaction that `Lease.fenced` guards. */
export async function markSent(
  tx: Tx,
  records: readonly Pick<StoredOutboxRecord, 'id' | 'createdAt'>[],
): Promise<void> {
  if (records.length === 0) return;
  // Where the oldest is, older partitions need not be looked into.
  const oldest = Math.min(...records.map(({ createdAt }) => createdAt.getTime()));
  await tx.prepared(
    'update outbox set sent_at = now() where id = any($1::bigint[]) and created_at >= $2 and sent_at is null',
    [records.map(({ id }) => id), new Date(oldest)],
  );
}

/** What waits to be sent. */
export interface OutboxBacklog {
  readonly unsent: number;
  /** Of the values, once each however many topics they go to. */
  readonly bytes: number;
  /** Since when the oldest waits; null: none does. */
  readonly oldest: Date | null;
}

export async function outboxBacklog(tx: Tx): Promise<OutboxBacklog> {
  const [row] = await tx.query<{ unsent: string; bytes: string; oldest: Date | null }>(
    `select count(*) as unsent, coalesce(sum(octet_length(value)), 0) as bytes, min(created_at) as oldest
     from outbox where sent_at is null`,
  );
  return { unsent: Number(row?.unsent ?? 0), bytes: Number(row?.bytes ?? 0), oldest: row?.oldest ?? null };
}

/**
 * Drops the weeks that ended before a moment, if all their records were sent.
 * @returns the partitions dropped
 */
export async function pruneOutbox(tx: Tx, before: Date): Promise<string[]> {
  return prunePartitions(tx, OUTBOX_PARTITIONS, { before, unless: 'sent_at is null' });
}

function checkSize({ topics, value, headers }: OutboxRecord): void {
  const bytes = Object.values(headers).reduce((sum, header) => sum + header.length, value.length);
  if (bytes <= MAX_OUTBOX_RECORD_BYTES) return;
  throw new HubError('RECORD_TOO_LARGE', `a record of ${bytes} bytes for ${topics.join(', ')}`, {
    details: { topics, bytes, limit: MAX_OUTBOX_RECORD_BYTES },
  });
}
