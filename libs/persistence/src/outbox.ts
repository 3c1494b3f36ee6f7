import { randomUUID } from 'node:crypto';

import { HubError } from '#errors';

import { prunePartitions } from './partitions/keep-partitions.ts';
import type { PartitionPlan } from './partitions/partition-plan.ts';
import type { Fence } from './lease.ts';
import { OutboxHandover } from './outbox-handover.ts';
import { readHeaders, storedHeaders, type StoredHeaders } from './outbox-headers.ts';
import {
  wholeSize,
  type NewOutboxRecord,
  type OutboxRecord,
  type StoredOutboxRecord,
  type UnsentRow,
  type Urgency,
} from './outbox-record.ts';
import { sliced } from './sliced.ts';
import type { Tx } from './unit-of-work.ts';

/** The channel on which an append wakes a relay of another process, in the same transaction. */
export const OUTBOX_CHANNEL = 'outbox';

/** A record that is larger could not be sent in one batch of a broker with default limits. */
export const MAX_OUTBOX_RECORD_BYTES = 850 * 1024;

/** Records of a week are together, and go together. */
export const OUTBOX_PARTITIONS: PartitionPlan = {
  table: 'outbox',
  column: 'created_at',
  every: 'week',
  ahead: 2,
};

const NOTHING = Buffer.alloc(0);

/**
 * Writes records to be sent once this transaction commits, and wakes the relay then: the one of this process, if it is the
 * one that sends, without a notification. PostgreSQL lets transactions that notify commit one after the other, of all
 * databases of a server, each with its own wait for the disk. Writers of one key must hold a
 * lock on what the key stands for (the practice's row): ids of one key are then in the order of their commits.
 * @param urgency `soon`: nobody waits for these, and the relay may let more of them come together
 * @throws HubError `RECORD_TOO_LARGE` for more than `MAX_OUTBOX_RECORD_BYTES` of value and headers: nothing is written
 */
export function appendOutbox(
  tx: Tx,
  records: readonly NewOutboxRecord[],
  urgency: Urgency = 'now',
): Promise<void> {
  if (records.length === 0) return Promise.resolve();
  records.forEach(checkSize);
  const headers = records.map((record) => storedHeaders(record.headers, record.kept?.header));
  const values = sliced(records.map(({ value, kept }) => (kept ? NOTHING : value)));
  const bytes = sliced(headers.map((stored) => stored.bytes ?? NOTHING));
  const known = records.map((record) => ({ ...record, ref: randomUUID() }));
  const handover = OutboxHandover.of(tx.source);
  tx.write(
    `with appended as (insert into outbox (topics, key, payload, headers, header_bytes, size, kept_author, kept_event, kept_value,
         ref)
       select string_to_array(r.topics, ' '), r.key,
         case when r.kept_value is null then substring($3::bytea from r.start for r.length) end, r.headers::jsonb,
         case when r.header_length > 0 then substring($7::bytea from r.header_start for r.header_length) end,
         r.size, r.kept_author, r.kept_event, r.kept_value, r.ref
       from unnest($1::text[], $2::text[], $4::int[], $5::int[], $6::text[], $8::int[], $9::int[], $12::int[],
           $13::text[], $14::uuid[], $15::text[], $16::uuid[])
         with ordinality as r(topics, key, start, length, headers, header_start, header_length, size,
           kept_author, kept_event, kept_value, ref, n)
       order by r.n)
     select pg_notify($10, $11) where $17::boolean`,
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
      records.map(sizeOf),
      records.map(({ kept }) => kept?.author ?? null),
      records.map(({ kept }) => kept?.eventId ?? null),
      records.map(({ kept }) => kept?.value ?? null),
      known.map(({ ref }) => ref),
      !handover.isOpen,
    ],
  );
  tx.afterCommit(() => {
    handover.give(known, urgency);
  });
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

/** Rows to be sent next. */
export interface UnsentBatch {
  readonly rows: readonly UnsentRow[];
  /** Whether there were others, which the limits have left out. */
  readonly more: boolean;
}

/**
 * The oldest unsent rows in the order of their ids, within the limits; a record larger than the limit comes alone.
 * It never asks for "id greater than the last": ids become visible out of order, and such a reader loses rows.
 * Records for a topic of `blocked` stay, and those behind them under the same key: order is kept, the rest goes on.
 * @param sent ids of records that have been sent, whose mark is still on its way
 */
export async function unsentRows(
  tx: Pick<Tx, 'prepared'>,
  limits: OutboxBatchLimits,
  blocked: readonly string[] = [],
  sent: readonly string[] = [],
): Promise<UnsentBatch> {
  const found = await tx.prepared<UnsentRow & { readonly more: boolean }>(
    `select id, ref, created_at as "createdAt", more from (
       select id, ref, created_at, row_number() over w as n, sum(size * cardinality(topics)) over w as bytes,
         lead(id) over w is not null as more
       from (
         select id, ref, created_at, topics,
           coalesce(size, octet_length(payload) + coalesce(octet_length(header_bytes), 0)) as size
         from outbox o where o.sent_at is null and o.id <> all($3::bigint[]) ${blocked.length === 0 ? '' : PAST_BLOCKED}
         order by o.id limit $1
       ) oldest
       window w as (order by id)
     ) chosen
     where bytes <= $2 or n = 1
     order by id`,
    [limits.records, limits.bytes, sent, ...(blocked.length === 0 ? [] : [blocked])],
  );
  return {
    rows: found.map(({ id, ref, createdAt }) => ({ id, ref, createdAt })),
    more: found.length === limits.records || found.at(-1)?.more === true,
  };
}

/**
 * Reads the records of rows, in the order of their ids.
 * @throws HubError `OUTBOX_BYTES_MISSING` if a row names bytes that are not kept: nothing is sent in their place
 */
export async function readRecords(
  tx: Pick<Tx, 'prepared'>,
  rows: readonly UnsentRow[],
): Promise<StoredOutboxRecord[]> {
  const found = await tx.prepared<StoredRow>(
    `select o.id, o.ref, o.topics, o.key, o.headers, o.header_bytes as bytes, o.created_at as "createdAt",
       case o.kept_value when 'bytes' then k.bytes when 'decision' then k.decision else o.payload end as value,
       case o.kept_value when 'bytes' then k.decision end as decision
     from outbox o left join kept_bytes k on k.author = o.kept_author and k.event_id = o.kept_event
     where o.id = any($1::bigint[]) and o.created_at >= $2 and ${OF_THESE('o.ref', '$3')}
     order by o.id`,
    [rows.map(({ id }) => id), oldestOf(rows), refsOf(rows)],
  );
  return found.map(recordOf);
}

/** What is unsent, all of it read from the database. */
export async function readUnsent(
  tx: Pick<Tx, 'prepared'>,
  limits: OutboxBatchLimits,
): Promise<StoredOutboxRecord[]> {
  const { rows } = await unsentRows(tx, limits);
  return rows.length === 0 ? [] : await readRecords(tx, rows);
}

/**
 * A row is its `ref`, not its id alone: a sequence can go back, and give an id a second time, when PostgreSQL is killed soon
 * after the database was copied from a template. Rows of before the column have none.
 */
const OF_THESE = (ref: string, refs: string): string => `(${ref} is null or ${ref} = any(${refs}::uuid[]))`;

function refsOf(rows: readonly Pick<UnsentRow, 'ref'>[]): string[] {
  return rows.flatMap(({ ref }) => ref ?? []);
}

/** Older partitions need not be looked into. */
function oldestOf(rows: readonly Pick<UnsentRow, 'createdAt'>[]): Date {
  return new Date(Math.min(...rows.map(({ createdAt }) => createdAt.getTime())));
}

interface StoredRow extends UnsentRow, StoredHeaders {
  readonly topics: string[];
  readonly key: string | null;
  /** Null if the row names an event that is not there. */
  readonly value: Buffer | null;
  readonly decision: Buffer | null;
}

function recordOf({
  id,
  ref,
  createdAt,
  topics,
  key,
  value,
  decision,
  ...stored
}: StoredRow): StoredOutboxRecord {
  if (value === null) throw new HubError('OUTBOX_BYTES_MISSING', `the bytes that outbox row ${id} names`);
  return { id, ref, createdAt, topics, key, value, headers: readHeaders(stored, decision) };
}

const MARK = `update outbox set sent_at = now()
  where id = any($1::bigint[]) and created_at >= $2 and sent_at is null and ${OF_THESE('ref', '$3')}`;

type Marked = Pick<UnsentRow, 'id' | 'createdAt' | 'ref'>;

/** Marks records as sent, whoever holds the lease. */
export async function markSent(tx: Tx, records: readonly Marked[]): Promise<void> {
  if (records.length === 0) return;
  await tx.prepared(MARK, [records.map(({ id }) => id), oldestOf(records), refsOf(records)]);
}

/**
 * Marks records as sent if the lease is held in this epoch, in one statement: `Lease.fencedSingle`.
 * @returns whether it is held; nothing is marked otherwise
 */
export async function markSentFenced(
  tx: Pick<Tx, 'prepared'>,
  records: readonly Marked[],
  { lease, epoch }: Fence,
): Promise<boolean> {
  const [row] = await tx.prepared<{ held: boolean }>(
    `with held as (select 1 from lease where name = $4 and epoch = $5 for share),
       marked as (${MARK} and exists (select from held))
     select exists (select from held) as held`,
    [records.map(({ id }) => id), oldestOf(records), refsOf(records), lease, epoch],
  );
  return row?.held === true;
}

/** What waits to be sent. */
export interface OutboxBacklog {
  readonly unsent: number;
  /** Of values and of headers that are bytes, once each however many topics they go to. */
  readonly bytes: number;
  /** Since when the oldest waits; null: none does. */
  readonly oldest: Date | null;
}

export async function outboxBacklog(tx: Tx): Promise<OutboxBacklog> {
  const [row] = await tx.query<{ unsent: string; bytes: string; oldest: Date | null }>(
    `select count(*) as unsent, coalesce(sum(coalesce(size, octet_length(payload))), 0) as bytes, min(created_at) as oldest
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

/** Bytes of the value and of the headers that are bytes. */
function sizeOf({ value, headers }: OutboxRecord): number {
  const parts = Object.values(headers).filter((header) => typeof header !== 'string');
  return parts.reduce((sum, { length }) => sum + length, value.length);
}

function checkSize({ topics, value, headers }: OutboxRecord): void {
  const bytes = wholeSize({ value, headers });
  if (bytes <= MAX_OUTBOX_RECORD_BYTES) return;
  throw new HubError('RECORD_TOO_LARGE', `a record of ${bytes} bytes for ${topics.join(', ')}`, {
    details: { topics, bytes, limit: MAX_OUTBOX_RECORD_BYTES },
  });
}
