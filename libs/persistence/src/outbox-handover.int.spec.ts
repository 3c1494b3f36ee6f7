import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { freshDatabase } from '#testing';

import { createDataSource } from './data-source.ts';
import { SHARED_MIGRATIONS } from './migrations/index.ts';
import { NotificationListener } from './notification-listener.ts';
import { OutboxHandover } from './outbox-handover.ts';
import { appendOutbox, OUTBOX_CHANNEL, readRecords, unsentRows } from './outbox.ts';
import type { OutboxRecord, UnsentRow } from './outbox-record.ts';
import { UnitOfWork, type Tx } from './unit-of-work.ts';

const url = await freshDatabase();
const source = await createDataSource({ url, name: 'test', migrations: SHARED_MIGRATIONS });
const work = new UnitOfWork(source);
const woken: string[] = [];
const handover = OutboxHandover.of(source);
const LIMITS = { records: 256, bytes: 1024 * 1024 };

beforeEach(async () => {
  await source.query('truncate outbox restart identity');
  handover.close();
  handover.open((urgency) => woken.push(urgency));
  woken.length = 0;
});
afterAll(() => source.destroy());

const aRecord = (text: string): OutboxRecord => ({
  topics: ['one', 'two'],
  key: 'k',
  value: Buffer.from(text),
  headers: { ce_id: text, hub_decision: Buffer.from(`decision on ${text}`) },
});
const append = (...texts: string[]): Promise<void> => work.run((tx) => appendOutbox(tx, texts.map(aRecord)));

/** What the relay would send, and which of it was read from the database. */
async function toSend(): Promise<{ texts: string[]; read: string[] }> {
  const read: string[] = [];
  const { rows } = await work.run((tx) => unsentRows(tx, LIMITS));
  const records = await handover.recordsOf(rows, async (missing) => {
    const found = await work.run((tx) => readRecords(tx, missing));
    read.push(...found.map(({ value }) => value.toString()));
    return found;
  });
  for (const record of records) expect(record).toMatchObject(aRecord(record.value.toString()));
  return { texts: records.map(({ value }) => value.toString()), read };
}

describe('what a process has just committed', () => {
  it('is at hand, as it was given, until it is sent', async () => {
    await append('a', 'b');
    expect(await toSend()).toEqual({ texts: ['a', 'b'], read: [] });
    const { rows } = await work.run((tx) => unsentRows(tx, LIMITS));
    handover.forget(rows.map(({ ref }) => ref));
    expect(handover.bytes).toBe(0);
    expect(await toSend()).toEqual({ texts: ['a', 'b'], read: ['a', 'b'] });
  });

  it('wakes the relay of its own process without a notification, and that of another one with it', async () => {
    const heard: string[] = [];
    const listener = new NotificationListener(url, OUTBOX_CHANNEL, (payload) => heard.push(payload));
    await listener.open();
    heard.length = 0;
    await append('a');
    await work.run((tx) => appendOutbox(tx, [aRecord('b')], 'soon'));
    expect(woken).toEqual(['now', 'soon']);
    handover.close();
    await append('c');
    await expect.poll(() => heard).toEqual(['now']);
    expect(woken).toHaveLength(2);
    await listener.close();
  });

  it('is in the order of the database, among what another process has written', async () => {
    await append('a');
    handover.close();
    await append('of another');
    handover.open(() => undefined);
    await append('c');
    expect(await toSend()).toEqual({ texts: ['a', 'of another', 'c'], read: ['a', 'of another'] });
  });

  it('is not remembered before it is committed, nor when the commit fails at the last moment', async () => {
    await source.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$`,
    );
    await source.query(
      `create table late (n int);
       create constraint trigger late after insert on late deferrable initially deferred
       for each row execute function refuse()`,
    );
    const failing = work.run(async (tx) => {
      await appendOutbox(tx, [aRecord('never')]);
      expect(handover.bytes).toBe(0);
      await tx.query('insert into late values (1)');
    });
    await expect(failing).rejects.toThrow(/disk full/);
    expect([handover.bytes, woken]).toEqual([0, []]);
    expect(await toSend()).toEqual({ texts: [], read: [] });
  });

  it('is not remembered when the connection breaks before the commit is answered', async () => {
    const lost = work.run(async (tx) => {
      await appendOutbox(tx, [aRecord('maybe')]);
      const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await tx.source.query('select pg_terminate_backend($1)', [row?.pid]);
    });
    await expect(lost).rejects.toThrow();
    expect(handover.bytes).toBe(0);
  });

  it('is remembered once, of a transaction that was run again', async () => {
    let attempts = 0;
    await work.run(async (tx: Tx) => {
      attempts += 1;
      await appendOutbox(tx, [aRecord(`attempt ${attempts}`)]);
      if (attempts === 1) throw Object.assign(new Error('deadlock'), { code: '40P01' });
    });
    expect(attempts).toBe(2);
    expect(woken).toEqual(['now']);
    expect(handover.bytes).toBe('attempt 2'.length + sizeOfHeaders('attempt 2'));
    expect(await toSend()).toEqual({ texts: ['attempt 2'], read: [] });
  });

  it('goes out for no other row, though a restored database gives its id and its moment a second time', async () => {
    await append('lost');
    const [before] = await source.query<{ id: string; created_at: Date }[]>('select * from outbox');
    await source.query('truncate outbox restart identity');
    // Another process of the node, while this one still remembers.
    const other = await createDataSource({ url, name: 'test', migrations: SHARED_MIGRATIONS });
    await new UnitOfWork(other).run((tx) => appendOutbox(tx, [aRecord('restored')]));
    await other.destroy();
    await source.query('update outbox set created_at = $1', [before?.created_at]);
    const [after] = await source.query<{ id: string; created_at: Date }[]>('select * from outbox');
    expect([after?.id, after?.created_at]).toEqual([before?.id, before?.created_at]);
    expect(handover.bytes).toBeGreaterThan(0);
    expect(await toSend()).toEqual({ texts: ['restored'], read: ['restored'] });
  });
});

const sizeOfHeaders = (text: string): number => text.length + `decision on ${text}`.length;

describe('the memory of what is to be sent', () => {
  const row = (id: string, ref: string): UnsentRow => ({ id, ref, createdAt: new Date() });
  const value = (text: string, size: number): OutboxRecord => ({
    ...{ topics: ['one'], key: null, headers: {} },
    value: Buffer.alloc(size, text),
  });

  it('is bounded in bytes: the oldest make room, and are read', async () => {
    const small = new OutboxHandover(1_000);
    small.open(() => undefined);
    small.give([{ ...value('a', 400), ref: 'a' }], 'now');
    small.give([{ ...value('b', 400), ref: 'b' }], 'now');
    small.give([{ ...value('c', 400), ref: 'c' }], 'now');
    expect(small.bytes).toBe(800);
    const missing: string[] = [];
    await small.recordsOf([row('1', 'a'), row('2', 'b'), row('3', 'c')], (rows) => {
      missing.push(...rows.map(({ id }) => id));
      return Promise.resolve([]);
    });
    expect(missing).toEqual(['1']);
    small.give([{ ...value('d', 5_000), ref: 'too large' }], 'now');
    expect(small.bytes).toBe(0);
  });

  it('holds nothing while another process sends, and forgets what it holds when it is that one', () => {
    const one = new OutboxHandover();
    one.give([{ ...value('a', 400), ref: 'a' }], 'now');
    expect(one.bytes).toBe(0);
    one.open(() => undefined);
    one.give([{ ...value('a', 400), ref: 'a' }], 'now');
    one.close();
    expect(one.bytes).toBe(0);
  });

  it('keeps no whole answer of the broker for the sake of one record in it', async () => {
    const one = new OutboxHandover();
    one.open(() => undefined);
    const answer = Buffer.alloc(1024 * 1024, 'x');
    one.give([{ ...{ ...value('a', 0), value: answer.subarray(10, 6_010) }, ref: 'a' }], 'now');
    const [record] = await one.recordsOf([row('1', 'a')], () => Promise.resolve([]));
    expect(record?.value.equals(answer.subarray(10, 6_010))).toBe(true);
    expect(record?.value.buffer.byteLength).toBeLessThan(20_000);
  });
});
