import { randomBytes, randomUUID } from 'node:crypto';

import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { HubError } from '#errors';
import {
  appendOutbox,
  createDataSource,
  Lease,
  SHARED_MIGRATIONS,
  UnitOfWork,
  type OutboxRecord,
} from '#persistence';
import { createMetrics, systemClock, systemIds } from '#platform';
import { freshDatabase } from '#testing';

import { aTopic, collect, eventually, quiet, superUser, texts } from '../spec/broker.ts';
import { MessageProducer } from './message-producer.ts';
import { OutboxRelay, RELAY_LEASE, type RelaySettings } from './outbox-relay.ts';
import type { IncomingRecord, OutgoingRecord } from './record.ts';
import { TopicReader } from './topic-reader.ts';

const url = await freshDatabase();
const source = await createDataSource({ url, name: 'spec', migrations: SHARED_MIGRATIONS });
const work = new UnitOfWork(source);
const connection = superUser();
const producer = new MessageProducer(connection);
const relays: OutboxRelay[] = [];

beforeEach(() => source.query('truncate outbox, lease'));
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.close()));
});
afterAll(async () => {
  await producer.close();
  await source.destroy();
});

function aRelay(given: Partial<RelaySettings> = {}): OutboxRelay {
  const metrics = createMetrics('spec');
  const settings = {
    source,
    url,
    producer,
    holder: randomUUID(),
    clock: systemClock,
    logger: quiet,
    metrics,
  };
  const relay = new OutboxRelay({ ...settings, ...given });
  relays.push(relay);
  return relay;
}

const append = (...records: Partial<OutboxRecord>[]): Promise<void> => {
  const base: OutboxRecord = { topics: [], key: 'k', value: Buffer.alloc(0), headers: {} };
  return work.run((tx) =>
    appendOutbox(
      tx,
      records.map((record) => ({ ...base, ...record })),
    ),
  );
};
const read = (topic: string): Promise<IncomingRecord[]> =>
  collect(new TopicReader(connection, 'spec', systemIds).read(topic, { until: 'end' }));
const unsent = (): Promise<{ n: number }[]> =>
  source.query('select count(*)::int as n from outbox where sent_at is null');

describe('OutboxRelay', () => {
  it('sends every record to each of its topics, the same bytes and headers, in order, once', async () => {
    const [one, two] = [await aTopic(connection), await aTopic(connection)];
    const values = Array.from({ length: 20 }, () => randomBytes(5_000));
    const headers = { ce_id: 'x', hub_decision: randomBytes(300) };
    await append(...values.map((value) => ({ topics: [one, two], value, headers })));
    expect(await aRelay({ limits: { records: 7, bytes: 60_000 } }).drain()).toBe(20);
    for (const topic of [one, two]) {
      const records = await read(topic);
      expect(records.map(({ value }, n) => value.equals(values[n]!))).toEqual(values.map(() => true));
      expect(records[0]?.headers['hub_decision']).toEqual(headers.hub_decision);
    }
    expect(await unsent()).toEqual([{ n: 0 }]);
  });

  it('is woken by the transaction that appends, long before it would look by itself', async () => {
    const topic = await aTopic(connection);
    const relay = aRelay();
    relay.start();
    await eventually(() => relay.active).toBe(true);
    const taken: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const committed = performance.now();
      await append({ topics: [topic], value: Buffer.from(`${n}`) });
      await eventually(unsent).toEqual([{ n: 0 }]);
      taken.push(performance.now() - committed);
    }
    expect(taken.toSorted((a, b) => a - b)[2]).toBeLessThan(500);
    expect(texts(await read(topic))).toEqual(['0', '1', '2', '3', '4']);
  });

  it('sends no row twice while transactions append beside it, and marks every one', async () => {
    const [one, two] = [await aTopic(connection), await aTopic(connection)];
    const relay = aRelay({ limits: { records: 9, bytes: 100_000 } });
    relay.start();
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let n = 0; n < 25; n += 1) {
        const value = Buffer.concat([Buffer.from(`${writer}/${n} `), randomBytes(700)]);
        await append({ topics: [one, two], key: `${writer}`, value });
      }
    });
    await Promise.all(writers);
    await eventually(unsent).toEqual([{ n: 0 }]);
    await relay.close();
    for (const topic of [one, two]) {
      const sent = texts(await read(topic)).map((text) => text.split(' ', 1)[0]);
      expect(new Set(sent).size).toBe(150);
      expect(sent).toHaveLength(150);
      const ofOne = sent.filter((name) => name?.startsWith('3/'));
      expect(ofOne).toEqual(Array.from({ length: 25 }, (_, n) => `3/${n}`));
    }
  });

  it('lets what nobody waits for wait for more of its kind, and sends it with what is urgent', async () => {
    const topic = await aTopic(connection);
    const relay = aRelay();
    relay.start();
    await eventually(() => relay.active).toBe(true);
    const record = (text: string): OutboxRecord => ({
      topics: [topic],
      key: 'k',
      value: Buffer.from(text),
      headers: {},
    });
    await work.run((tx) => appendOutbox(tx, [record('receipt')], 'soon'));
    await eventually(unsent).toEqual([{ n: 0 }]);
    await work.run((tx) => appendOutbox(tx, [record('another')], 'soon'));
    await append(record('act'));
    await eventually(unsent).toEqual([{ n: 0 }]);
    expect(texts(await read(topic))).toEqual(['receipt', 'another', 'act']);
  });

  it('looks once for what it was told of, and not once more to find nothing', async () => {
    const topic = await aTopic(connection);
    const own = await createDataSource({ url, name: 'relay', migrations: SHARED_MIGRATIONS });
    const relay = aRelay({ source: own });
    relay.start();
    await eventually(() => relay.active).toBe(true);
    const transactions = vi.spyOn(own, 'createQueryRunner');
    const records = 30;
    for (let n = 0; n < records; n += 1) {
      await append({ topics: [topic], value: Buffer.from(`${n}`) });
      await eventually(() => relay.sent).toBe(n + 1);
    }
    // For each record the look, its bytes and the mark; beside them the net of each second, and the lease.
    expect(transactions.mock.calls.length).toBeLessThan(3.5 * records);
    expect(texts(await read(topic))).toEqual(Array.from({ length: records }, (_, n) => `${n}`));
    await relay.close();
    await own.destroy();
  });

  it('goes on by itself with what did not fit into one batch', async () => {
    const topic = await aTopic(connection);
    const records = 60;
    await append(
      ...Array.from({ length: records }, (_, n) => ({ topics: [topic], value: Buffer.from(`${n}`) })),
    );
    const relay = aRelay({ limits: { records: 1, bytes: 100_000 } });
    relay.start();
    // At one for each look of the net it would take a minute.
    await eventually(() => relay.sent).toBe(records);
  });

  it('does not read back what its own process has just committed, and reads what another one has', async () => {
    const topic = await aTopic(connection);
    const relay = aRelay();
    expect(await relay.drain()).toBe(0);
    await append({ topics: [topic], value: Buffer.from('mine') });
    // Nothing changes a row in earnest: here it tells where the bytes come from.
    await source.query(`update outbox set payload = 'read'`);
    expect(await relay.drain()).toBe(1);
    await relay.close();
    await append({ topics: [topic], value: Buffer.from('of one that stands by') });
    await source.query(`update outbox set payload = 'read' where sent_at is null`);
    expect(await aRelay().drain()).toBe(1);
    expect(texts(await read(topic))).toEqual(['mine', 'read']);
  });

  it('sends every record under an id that was given more than once, and marks none for another', async () => {
    const topic = await aTopic(connection);
    const twin = async (text: string): Promise<void> => {
      await source.query('alter table outbox alter column id restart with 1');
      await append({ topics: [topic], value: Buffer.from(text) });
    };
    await twin('one');
    await twin('two');
    // A third comes between the sending of the first two and their mark.
    let isThird = false;
    const send = async (records: readonly OutgoingRecord[]): Promise<void> => {
      await producer.send(records);
      if (isThird) return;
      isThird = true;
      await twin('three');
    };
    const relay = aRelay({ producer: { send } });
    expect([await relay.drain(), await relay.drain()]).toEqual([2, 1]);
    expect(texts(await read(topic)).sort()).toEqual(['one', 'three', 'two']);
    expect(await unsent()).toEqual([{ n: 0 }]);
  });

  it('sends the same bytes again after it died between sending and marking', async () => {
    const topic = await aTopic(connection);
    const value = randomBytes(1_000);
    await append({ topics: [topic], value });
    const dying = aRelay({
      producer: {
        async send(records) {
          await producer.send(records);
          throw new Error('killed here');
        },
      },
    });
    await expect(dying.drain()).rejects.toThrow('killed here');
    await dying.close();
    expect(await unsent()).toEqual([{ n: 1 }]);
    await aRelay().drain();
    expect((await read(topic)).map((record) => record.value.equals(value))).toEqual([true, true]);
  });

  it('marks nothing when another instance took over while it was stopped', async () => {
    const topic = await aTopic(connection);
    await append({ topics: [topic], value: Buffer.from('x') });
    const other = new Lease(work, { name: RELAY_LEASE, holder: 'other' });
    const stopped = aRelay({
      producer: {
        // Stopped here for longer than its lease lasts, and continued when another holds it.
        async send() {
          await source.query("update lease set expires_at = now() - interval '1 second'");
          expect(await other.acquire()).toBe(true);
        },
      },
    });
    await expect(stopped.drain()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await unsent()).toEqual([{ n: 1 }]);
    expect(stopped.active).toBe(false);
    await other.release();
  });

  it('has one active instance of two, and the other takes over within ten seconds when the first goes silent', async () => {
    const topic = await aTopic(connection);
    const silenced = Promise.withResolvers<undefined>();
    const never = new Promise<never>(() => undefined);
    const first = aRelay({ producer: { send: () => (silenced.resolve(undefined), never) } });
    relays.pop();
    first.start();
    await eventually(() => first.active).toBe(true);
    const second = aRelay();
    second.start();
    await append({ topics: [topic], value: Buffer.from('x') });
    await silenced.promise;
    expect(second.active).toBe(false);
    // As if its process had been stopped four seconds ago: nobody renews, and of the six that a lease lasts two are left.
    await source.query(
      "update lease set epoch = epoch + 1, holder = 'nobody', expires_at = now() + interval '2 seconds'",
    );
    const started = performance.now();
    await eventually(() => second.active).toBe(true);
    expect(performance.now() - started).toBeLessThan(6_000);
    await eventually(unsent).toEqual([{ n: 0 }]);
  });

  it('lets no topic that is missing hold up the others, keeps the order of its keys, and serves it once it exists', async () => {
    const there = await aTopic(connection);
    const missing = `spec.${randomUUID()}`;
    await append(
      { topics: [missing, there], key: 'a', value: Buffer.from('a1') },
      { topics: [there], key: 'b', value: Buffer.from('b1') },
    );
    const relay = aRelay();
    relay.start();
    await eventually(() => relay.error?.code).toBe('TOPIC_UNKNOWN');
    await append(
      { topics: [there], key: 'a', value: Buffer.from('a2') },
      { topics: [there], key: 'b', value: Buffer.from('b2') },
    );
    const waiting = 'select payload as value from outbox where sent_at is null order by id';
    const left = async (): Promise<string[]> => texts(await source.query<{ value: Buffer }[]>(waiting));
    await eventually(left).toEqual(['a1', 'a2']);

    await aTopic(connection, 1, missing);
    await eventually(left).toEqual([]);
    expect(relay.error).toBeNull();
    expect(texts(await read(missing))).toEqual(['a1']);
    const ofKey = (await read(there)).filter(({ key }) => key === 'a');
    expect(texts(ofKey).at(-1)).toBe('a2');
    expect(texts(ofKey).indexOf('a2')).toBe(ofKey.length - 1);
  });

  it('keeps everything while the broker is away, shows how long the oldest waits, and sends it afterwards', async () => {
    const topic = await aTopic(connection);
    let away = true;
    const metrics = createMetrics('spec');
    const later = { now: () => new Date(Date.now() + 60_000) };
    const relay = aRelay({
      metrics,
      clock: later,
      producer: {
        send: (records: readonly OutgoingRecord[]) =>
          away ? Promise.reject(new HubError('BROKER_UNAVAILABLE', 'away')) : producer.send(records),
      },
    });
    relay.start();
    await append({ topics: [topic], value: Buffer.from('x') });
    await eventually(() => relay.error?.code).toBe('BROKER_UNAVAILABLE');
    expect(await metrics.metrics()).toMatch(/outbox_unsent_records\{.*\} 1\n/);
    expect(await metrics.metrics()).toMatch(/outbox_relay_failing\{.*\} 1\n/);
    expect(await metrics.metrics()).toMatch(/outbox_oldest_unsent_age_seconds\{.*\} (6|7)\d/);
    away = false;
    await eventually(unsent).toEqual([{ n: 0 }]);
    await eventually(() => relay.error).toBeNull();
    for (const figure of ['unsent_records', 'oldest_unsent_age_seconds', 'relay_failing', 'blocked_topics'])
      expect(await metrics.metrics()).toMatch(new RegExp(`outbox_${figure}\\{.*\\} 0\\n`));
    expect(texts(await read(topic))).toEqual(['x']);
  });
});
