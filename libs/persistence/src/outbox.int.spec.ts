import { randomBytes } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { freshDatabase } from '#testing';

import { createDataSource } from './data-source.ts';
import { Lease } from './lease.ts';
import { SHARED_MIGRATIONS } from './migrations/index.ts';
import { NotificationListener } from './notification-listener.ts';
import {
  appendOutbox,
  markSent,
  markSentFenced,
  OUTBOX_CHANNEL,
  OUTBOX_PARTITIONS,
  outboxBacklog,
  pruneOutbox,
  readUnsent,
  unsentRows,
} from './outbox.ts';
import type { OutboxRecord, StoredOutboxRecord } from './outbox-record.ts';
import { ensurePartitions } from './partitions/keep-partitions.ts';
import { UnitOfWork } from './unit-of-work.ts';

const url = await freshDatabase();
const source = await createDataSource({ url, name: 'test', migrations: SHARED_MIGRATIONS });
const work = new UnitOfWork(source);
const LIMITS = { records: 256, bytes: 1024 * 1024 };

beforeEach(() => source.query('truncate outbox'));
afterAll(() => source.destroy());

const aRecord = (value: Buffer, topics = ['one']): OutboxRecord => ({ topics, key: 'k', value, headers: {} });
const append = (...records: OutboxRecord[]): Promise<void> => work.run((tx) => appendOutbox(tx, records));

describe('the outbox', () => {
  it('gives back the very bytes, of values and of headers', async () => {
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const record: OutboxRecord = {
      topics: ['practice.inbox.p_cr', 'practice.inbox.c_d142'],
      key: null,
      value: Buffer.concat([everyByte, randomBytes(10_000)]),
      headers: { ce_id: 'é "quoted"', hub_decision: everyByte, none: Buffer.alloc(0), other: randomBytes(3) },
    };
    await append(record, aRecord(Buffer.alloc(0)));
    const [stored, empty] = await work.run((tx) => readUnsent(tx, LIMITS));
    expect(stored).toMatchObject(record);
    expect(empty?.value).toHaveLength(0);
  });

  it('says whether the limits have left something out', async () => {
    await append(...[100, 100, 100].map((size) => aRecord(Buffer.alloc(size))));
    const batch = async (records: number, bytes: number) => {
      const { rows, more } = await work.run((tx) => unsentRows(tx, { records, bytes }));
      return [rows.length, more];
    };
    expect(await batch(2, 1_000)).toEqual([2, true]);
    expect(await batch(10, 250)).toEqual([2, true]);
    expect(await batch(10, 50)).toEqual([1, true]);
    expect(await batch(10, 300)).toEqual([3, false]);
  });

  it('gives back headers as they were stored before bytes had a column of their own', async () => {
    const before = { ce_id: 'an id', hub_decision: { b64: Buffer.from([0, 128, 255]).toString('base64') } };
    await source.query(`insert into outbox (topics, key, payload, headers) values ('{one}', 'k', '', $1)`, [
      before,
    ]);
    const [stored] = await work.run((tx) => readUnsent(tx, LIMITS));
    expect(stored?.headers).toEqual({ ce_id: 'an id', hub_decision: Buffer.from([0, 128, 255]) });
  });

  it('sends rows of before they could name bytes, each with the bytes that it holds', async () => {
    const before = await freshDatabase();
    const held = randomBytes(3_000);
    const migrations = SHARED_MIGRATIONS.filter(({ name }) => !name.startsWith('NameKeptBytes'));
    const former = await createDataSource({ url: before, name: 'test', migrations });
    await former.query(
      `insert into outbox (topics, key, value, headers, header_bytes)
       values ('{one}', 'k', $1, '{"hub_decision": {"at": 0, "size": 2}}', '\\x0080')`,
      [held],
    );
    await former.destroy();
    const today = await createDataSource({ url: before, name: 'test', migrations: SHARED_MIGRATIONS });
    const now = new UnitOfWork(today);
    const [stored] = await now.run((tx) => readUnsent(tx, LIMITS));
    expect(stored).toMatchObject({ value: held, headers: { hub_decision: Buffer.from([0, 128]) } });
    expect((await now.run(outboxBacklog)).bytes).toBe(3_000);
    await today.destroy();
  });

  it('reads in the order of ids past the tenth', async () => {
    const values = Array.from({ length: 12 }, (_, n) => Buffer.from(`${n}`));
    await append(...values.map((value) => aRecord(value)));
    const rows = await work.run((tx) => readUnsent(tx, LIMITS));
    expect(rows.map(({ value }) => value.toString())).toEqual(values.map(String));
  });

  it('bounds a batch by bytes sent, and lets one that is larger through alone', async () => {
    await append(
      aRecord(Buffer.alloc(400)),
      aRecord(Buffer.alloc(400), ['one', 'two']),
      aRecord(Buffer.alloc(2_000)),
    );
    const read = async (): Promise<number[]> => {
      const rows = await work.run((tx) => readUnsent(tx, { records: 10, bytes: 1_000 }));
      await work.run((tx) => markSent(tx, rows));
      return rows.map(({ value }) => value.length);
    };
    expect(await read()).toEqual([400]);
    expect(await read()).toEqual([400]);
    expect(await read()).toEqual([2_000]);
    expect(await read()).toEqual([]);
    const headers = { hub_decision: Buffer.alloc(600) };
    await append({ ...aRecord(Buffer.alloc(200)), headers }, { ...aRecord(Buffer.alloc(300)), headers });
    expect(await read()).toEqual([200]);
  });

  it('refuses a record that no batch could carry, and writes nothing of its transaction', async () => {
    const large = {
      ...aRecord(Buffer.alloc(600 * 1024)),
      headers: { hub_decision: Buffer.alloc(400 * 1024) },
    };
    await expect(append(aRecord(Buffer.from('a')), large)).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    });
    expect((await work.run(outboxBacklog)).unsent).toBe(0);
  });

  it('gives a row that commits late, however many later ids were sent before it', async () => {
    const written = Promise.withResolvers<undefined>();
    const finish = Promise.withResolvers<undefined>();
    const slow = work.run(async (tx) => {
      await appendOutbox(tx, [aRecord(Buffer.from('slow'))]);
      written.resolve(undefined);
      await finish.promise;
    });
    await written.promise;
    await append(aRecord(Buffer.from('quick')));
    const first = await work.run((tx) => readUnsent(tx, LIMITS));
    expect(first.map(({ value }) => value.toString())).toEqual(['quick']);
    await work.run((tx) => markSent(tx, first));
    finish.resolve(undefined);
    await slow;
    const second = await work.run((tx) => readUnsent(tx, LIMITS));
    expect(second.map(({ value }) => value.toString())).toEqual(['slow']);
  });

  it('wakes a listener when the transaction commits, and not when it rolls back', async () => {
    const heard: string[] = [];
    const listener = new NotificationListener(url, OUTBOX_CHANNEL, (payload) => heard.push(payload));
    await listener.open();
    expect(heard).toHaveLength(1);
    const failing = work.run(async (tx) => {
      await appendOutbox(tx, [aRecord(Buffer.from('a'))]);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow();
    await append(aRecord(Buffer.from('b')));
    await expect.poll(() => heard.length).toBe(2);
    await listener.close();
  });

  it('listens again after its connection was cut, and wakes whoever may have missed something', async () => {
    const heard: string[] = [];
    const listener = new NotificationListener(url, OUTBOX_CHANNEL, (payload) => heard.push(payload));
    await listener.open();
    await source.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listen outbox'",
    );
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(2);
    await append(aRecord(Buffer.from('b')));
    await expect.poll(() => heard.length).toBe(3);
    await listener.close();
  });

  it('is marked by the holder of the lease alone, also when another takes it over at the same moment', async () => {
    const lease = new Lease(work, { name: 'relay', holder: 'one' });
    await lease.acquire();
    await append(aRecord(Buffer.from('a')), aRecord(Buffer.from('b')));
    const [first, second] = await work.run((tx) => readUnsent(tx, LIMITS));
    const mark = (row: StoredOutboxRecord): Promise<void> =>
      lease.fencedSingle((fence) => work.single((tx) => markSentFenced(tx, [row], fence)));
    await mark(first!);
    const left = async (): Promise<string[]> =>
      (await work.run((tx) => readUnsent(tx, LIMITS))).map(({ value }) => value.toString());
    expect(await left()).toEqual(['b']);

    const taken = Promise.withResolvers<undefined>();
    const commit = Promise.withResolvers<undefined>();
    const other = work.run(async (tx) => {
      await tx.query("update lease set epoch = epoch + 1, holder = 'other' where name = 'relay'");
      taken.resolve(undefined);
      await commit.promise;
    });
    await taken.promise;
    const late = mark(second!).catch((error: unknown) => error);
    await expect
      .poll(() =>
        source.query(
          "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        ),
      )
      .toHaveLength(1);
    commit.resolve(undefined);
    await other;
    expect(await late).toMatchObject({ code: 'LEASE_LOST' });
    expect(lease.held).toBe(false);
    expect(await left()).toEqual(['b']);
  });

  it('tells how much waits, how many bytes, and since when', async () => {
    await append(aRecord(Buffer.from('a')), aRecord(Buffer.from('bc')));
    const [first] = await work.run((tx) => readUnsent(tx, LIMITS));
    await work.run((tx) => markSent(tx, [first!]));
    expect(await work.run(outboxBacklog)).toEqual({ unsent: 1, bytes: 2, oldest: expect.any(Date) as Date });
  });
});

describe('the outbox by weeks', () => {
  const NOW = new Date('2026-11-26T12:00:00Z');
  const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);
  const partitions = async (): Promise<string[]> => {
    const rows = await source.query<{ name: string }[]>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'outbox'::regclass order by 1",
    );
    return rows.map(({ name }) => name).filter((name) => name !== 'outbox_default');
  };

  afterAll(async () => {
    for (const name of await partitions()) await source.query(`drop table ${name}`);
  });

  /** Records as they were appended on that day. */
  async function appendedOn(day: Date, ...texts: string[]): Promise<void> {
    await append(...texts.map((text) => aRecord(Buffer.from(text))));
    await source.query(
      `with moved as (delete from outbox where payload = any($1::bytea[]) returning *)
       insert into outbox overriding system value
       select id, topics, key, payload, headers, $2, sent_at from moved`,
      [texts.map((text) => Buffer.from(text)), day],
    );
  }

  it('takes records before it has a partition for them, moves them there when it has, and loses none', async () => {
    await appendedOn(NOW, 'early');
    expect(await work.run((tx) => ensurePartitions(tx, OUTBOX_PARTITIONS, NOW))).toBe(3);
    expect(await partitions()).toEqual(['outbox_p20261123', 'outbox_p20261130', 'outbox_p20261207']);
    expect(await source.query('select 1 from outbox_default')).toEqual([]);
    await appendedOn(NOW, 'later');
    const rows = await work.run((tx) => readUnsent(tx, LIMITS));
    expect(rows.map(({ value }) => value.toString())).toEqual(['early', 'later']);
    await work.run((tx) => markSent(tx, rows));
    expect(await work.run((tx) => readUnsent(tx, LIMITS))).toEqual([]);
  });

  it('is kept once when two instances do it at the same moment, and changes nothing the second time', async () => {
    const later = new Date('2027-03-01T00:00:00Z');
    const made = await Promise.all(
      [1, 2].map(() => work.run((tx) => ensurePartitions(tx, OUTBOX_PARTITIONS, later))),
    );
    expect(made.toSorted()).toEqual([0, 3]);
  });

  it('drops a week that is past and all sent, keeps one in which a record still waits, whatever its age', async () => {
    for (const day of [daysAgo(60), daysAgo(30)])
      await work.run((tx) => ensurePartitions(tx, { ...OUTBOX_PARTITIONS, ahead: 0 }, day));
    await appendedOn(daysAgo(60), 'sent long ago');
    await appendedOn(daysAgo(30), 'blocked');
    const rows = await work.run((tx) => readUnsent(tx, LIMITS));
    await work.run((tx) =>
      markSent(
        tx,
        rows.filter(({ value }) => value.toString() === 'sent long ago'),
      ),
    );
    const dropped = await work.run((tx) => pruneOutbox(tx, daysAgo(7)));
    expect(dropped).toEqual(['outbox_p20260921']);
    expect((await work.run((tx) => readUnsent(tx, LIMITS))).map(({ value }) => value.toString())).toEqual([
      'blocked',
    ]);
    expect(await partitions()).toContain('outbox_p20261026');
  });

  it('waits for nobody who reads it: what cannot be dropped now is dropped the next time', async () => {
    await work.run((tx) => ensurePartitions(tx, { ...OUTBOX_PARTITIONS, ahead: 0 }, daysAgo(90)));
    const begun = Promise.withResolvers<undefined>();
    const reading = Promise.withResolvers<undefined>();
    const read = work.run(async (tx) => {
      await readUnsent(tx, LIMITS);
      begun.resolve(undefined);
      await reading.promise;
    });
    await begun.promise;
    await expect(work.run((tx) => pruneOutbox(tx, daysAgo(7)))).rejects.toMatchObject({
      policy: { disposition: 'retry' },
    });
    reading.resolve(undefined);
    await read;
    expect(await work.run((tx) => pruneOutbox(tx, daysAgo(7)))).toContain('outbox_p20260824');
  });
});
