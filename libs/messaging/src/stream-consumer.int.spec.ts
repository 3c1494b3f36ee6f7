import { randomUUID } from 'node:crypto';

import { afterEach, describe, expect, it } from 'vitest';

import { HubError } from '#errors';
import { createMetrics } from '#platform';
import { kafkaFor } from '#testing';

import {
  aRecord,
  aTopic,
  connectionOf,
  eventually,
  quiet,
  superUser,
  texts,
  topicsOf,
} from '../spec/broker.ts';
import type { BatchHandler } from './isolating-handler.ts';
import { MessageProducer } from './message-producer.ts';
import { done, park, retry } from './outcome.ts';
import type { IncomingRecord } from './record.ts';
import { StreamConsumer, type StreamSettings } from './stream-consumer.ts';
import { StreamMetrics } from './stream-metrics.ts';

const connection = superUser();
const producer = new MessageProducer(connection);
const consumers: StreamConsumer[] = [];

afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.close()));
});

type Given = Partial<StreamSettings> & Pick<StreamSettings, 'topics'>;

function aConsumer(given: Given, handler: BatchHandler, over = connection): StreamConsumer {
  const settings = { stream: 'spec', group: `spec.${randomUUID()}`, ...given };
  const consumer = new StreamConsumer(settings, {
    connection: over,
    handler,
    onPoison: (_record, error) => Promise.resolve(park(error.code)),
    metrics: new StreamMetrics(createMetrics('spec')),
    logger: quiet,
  });
  consumers.push(consumer);
  consumer.start();
  return consumer;
}

/** Takes everything, and keeps the batches. */
function collector(): { batches: IncomingRecord[][]; handler: BatchHandler; all: () => string[] } {
  const batches: IncomingRecord[][] = [];
  const handler: BatchHandler = (records) => {
    batches.push([...records]);
    return Promise.resolve(records.map(done));
  };
  return { batches, handler, all: () => texts(batches.flat()) };
}

const numbered = (topic: string, count: number, from = 1): ReturnType<typeof aRecord>[] =>
  Array.from({ length: count }, (_, n) => aRecord(topic, `${topic.slice(-4)} ${n + from}`));

/** Records that lie in the topics before anybody reads: divisible by 4 and by 40. */
const BACKLOG = 1_920;

describe('StreamConsumer', () => {
  it('gathers records of many topics into one batch, within its limits, each topic in order', async () => {
    const topics = await topicsOf(connection, 6);
    await producer.send(topics.flatMap((topic) => numbered(topic, 20)));
    const { batches, handler, all } = collector();
    aConsumer({ topics, limits: { records: 50 } }, handler);
    await eventually(() => all().length).toBe(120);

    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(50);
    expect(new Set(batches[0]?.map(({ topic }) => topic)).size).toBeGreaterThan(1);
    for (const topic of topics) {
      const read = batches.flat().filter((record) => record.topic === topic);
      expect(texts(read)).toEqual(texts(numbered(topic, 20)));
    }
  });

  it('makes no more batches of the same records when they lie in 40 topics than when they lie in 4', async () => {
    const batchesOf = async (count: number): Promise<number> => {
      const topics = await topicsOf(connection, count);
      await producer.send(topics.flatMap((topic) => numbered(topic, BACKLOG / count)));
      const { batches, handler, all } = collector();
      const consumer = aConsumer({ topics }, handler);
      await eventually(() => all().length).toBe(BACKLOG);
      await consumer.close();
      return batches.length;
    };
    const [few, many] = [await batchesOf(4), await batchesOf(40)];
    expect(many).toBeLessThanOrEqual(few);
    expect(BACKLOG / many).toBeGreaterThan(100);
  });

  it('begins where its group has stopped, and reads nothing twice after a graceful close', async () => {
    const topic = await aTopic(connection, 3);
    const group = `spec.${randomUUID()}`;
    const first = collector();
    await producer.send(Array.from({ length: 30 }, (_, n) => aRecord(topic, `a${n}`, `key ${n}`)));
    const one = aConsumer({ topics: [topic], group }, first.handler);
    await eventually(() => first.all().length).toBe(30);
    await one.close();
    await producer.send([aRecord(topic, 'later')]);
    const second = collector();
    aConsumer({ topics: [topic], group }, second.handler);
    await eventually(() => second.all()).toEqual(['later']);
    expect((await connection.committed(group, topic)).size).toBe(3);
  });

  it('pauses only the partition that must wait, from the record on that asked for it, and keeps its order', async () => {
    const [slow, quick] = [await aTopic(connection), await aTopic(connection)];
    await producer.send([...numbered(slow, 5), ...numbered(quick, 5)]);
    const handled: string[] = [];
    let refusals = 0;
    aConsumer({ topics: [slow, quick] }, (records) => {
      const isReady = refusals >= 3;
      let isWaiting = false;
      return Promise.resolve(
        records.map((record) => {
          isWaiting ||= record.topic === slow && record.offset === '2' && !isReady;
          if (record.topic === slow && isWaiting) {
            if (record.offset === '2') refusals += 1;
            return retry(50);
          }
          handled.push(record.value.toString());
          return done();
        }),
      );
    });
    await eventually(() => handled.length).toBe(10);
    expect(handled.filter((text) => text.startsWith(slow.slice(-4)))).toEqual(texts(numbered(slow, 5)));
    expect(handled.indexOf(`${quick.slice(-4)} 5`)).toBeLessThan(handled.indexOf(`${slow.slice(-4)} 3`));
    expect(refusals).toBe(3);
  });

  it('parks a record on which the handler fails each time, and loses none of the others', async () => {
    const topic = await aTopic(connection);
    await producer.send([aRecord(topic, 'one'), aRecord(topic, 'bad'), aRecord(topic, 'two')]);
    const handled: string[] = [];
    aConsumer({ topics: [topic] }, (records) => {
      if (texts(records).includes('bad')) return Promise.reject(new Error('a mistake in the code'));
      handled.push(...texts(records));
      return Promise.resolve(records.map(done));
    });
    await eventually(() => handled.at(-1)).toBe('two');
    expect(new Set(handled)).toEqual(new Set(['one', 'two']));
  });

  it('takes up again by itself what it could not commit while the database was away', async () => {
    const topic = await aTopic(connection);
    await producer.send(numbered(topic, 3));
    const { handler, all } = collector();
    let attempts = 0;
    aConsumer({ topics: [topic] }, (records) => {
      attempts += 1;
      return attempts <= 4 ? Promise.reject(new HubError('DATABASE_UNAVAILABLE', 'away')) : handler(records);
    });
    await eventually(() => all()).toEqual(texts(numbered(topic, 3)));
  });

  it('reads every partition when two members of a group have different topics', async () => {
    const [left, right, both] = [
      await aTopic(connection, 2),
      await aTopic(connection, 2),
      await aTopic(connection, 2),
    ];
    const group = `spec.${randomUUID()}`;
    const one = collector();
    const two = collector();
    aConsumer({ topics: [left, both], group }, one.handler);
    await eventually(() => consumers.at(-1)?.status.state).toBe('reading');
    aConsumer({ topics: [right, both], group }, two.handler);
    const records = [left, right, both].flatMap((topic) =>
      Array.from({ length: 10 }, (_, n) => aRecord(topic, `${topic} ${n}`, `key ${n}`)),
    );
    await producer.send(records);
    await eventually(() => new Set([...one.all(), ...two.all()])).toEqual(new Set(texts(records)));
    expect(one.all().some((text) => text.startsWith(right))).toBe(false);
    expect(two.all().some((text) => text.startsWith(left))).toBe(false);
  });

  it('follows its topics when they change', async () => {
    const topics = [await aTopic(connection)];
    const { handler, all } = collector();
    const wanted: string[] = [];
    const consumer = aConsumer({ topics: () => wanted }, handler);
    await eventually(() => consumer.status.state).toBe('waiting');
    for (const text of ['first', 'second']) {
      topics.push(await aTopic(connection));
      wanted.push(topics.at(-1)!);
      await consumer.refresh();
      await producer.send([aRecord(topics.at(-1)!, text)]);
      await eventually(() => all().at(-1)).toBe(text);
    }
    expect(all()).toEqual(['first', 'second']);
  });

  it('fetches nothing while it is paused, tells how far it is behind, and goes on when resumed', async () => {
    const topic = await aTopic(connection);
    const { handler, all } = collector();
    const consumer = aConsumer({ topics: [topic] }, handler);
    await producer.send([aRecord(topic, 'before')]);
    await eventually(() => all()).toEqual(['before']);
    await eventually(() => consumer.lag()).toEqual([{ topic, partition: 0, position: 1n, lag: 0n }]);
    consumer.pause();
    expect(consumer.status.state).toBe('paused');
    await producer.send(numbered(topic, 3));
    await eventually(() => consumer.lag()).toEqual([{ topic, partition: 0, position: 1n, lag: 3n }]);
    expect(all()).toEqual(['before']);
    consumer.resume();
    await eventually(() => all().length).toBe(4);
  });

  it('refuses to go on when records were deleted before it had read them', async () => {
    const topic = await aTopic(connection);
    const group = `spec.${randomUUID()}`;
    const first = collector();
    await producer.send(numbered(topic, 3));
    const one = aConsumer({ topics: [topic], group }, first.handler);
    await eventually(() => first.all().length).toBe(3);
    await one.close();

    await producer.send(numbered(topic, 5, 4));
    const admin = connection.client.admin();
    await admin.connect();
    // It asks for the topic's metadata, which deleting takes for granted.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
    await admin.disconnect();
    const second = collector();
    const two = aConsumer({ topics: [topic], group }, second.handler);
    await eventually(() => two.status.state).toBe('refused');
    expect(two.status.error).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', details: { topic, partition: 0 } });
    expect(second.all()).toEqual([]);
    expect((await connection.committed(group, topic)).get(0)).toBe(3n);
  });

  it("says that the broker refuses it, and does not read, with another holder's certificate", async () => {
    const { handler, all } = collector();
    const thief = connectionOf(kafkaFor('c_d142'));
    const consumer = aConsumer({ topics: ['practice.inbox.p_cr'], group: 'c_d142.inbox' }, handler, thief);
    await eventually(() => consumer.status.error?.code).toBe('BROKER_REFUSED');
    expect(all()).toEqual([]);
  });

  it('keeps its place in the group while a handler works for longer than the session lasts', async () => {
    const topic = await aTopic(connection);
    await producer.send([aRecord(topic, 'slow')]);
    const { handler, all } = collector();
    const release = Promise.withResolvers<undefined>();
    const consumer = aConsumer({ topics: [topic] }, async (records) => {
      const outcomes = await handler(records);
      await release.promise;
      return outcomes;
    });
    await eventually(() => all().length).toBe(1);
    const started = performance.now();
    await eventually(() => performance.now() - started > 8_000).toBe(true);
    release.resolve(undefined);
    await eventually(() => consumer.lag()).toEqual([{ topic, partition: 0, position: 1n, lag: 0n }]);
    expect(all()).toEqual(['slow']);
  });
});
