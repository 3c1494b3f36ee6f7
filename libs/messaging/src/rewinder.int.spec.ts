import { randomUUID } from 'node:crypto';

import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { HubError } from '#errors';
import { createDataSource, SHARED_MIGRATIONS, StreamPositions, UnitOfWork } from '#persistence';
import { createMetrics } from '#platform';
import { freshDatabase } from '#testing';

import { aRecord, aTopic, eventually, quiet, superUser, texts } from '../spec/broker.ts';
import type { PositionStore } from './find-rewinds.ts';
import { MessageProducer } from './message-producer.ts';
import { done, park } from './outcome.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { StreamMetrics } from './stream-metrics.ts';

const source = await createDataSource({
  url: await freshDatabase(),
  name: 'spec',
  migrations: SHARED_MIGRATIONS,
});
const positions = new StreamPositions(new UnitOfWork(source));
const connection = superUser();
const producer = new MessageProducer(connection);
const consumers: StreamConsumer[] = [];

afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.close()));
});
afterAll(async () => {
  await producer.close();
  await source.destroy();
});

/** Puts the database back to how it was when the group had come to `next`; null: when it knew nothing of the group. */
async function restore(group: string, next: number | null): Promise<void> {
  await (next === null
    ? source.query('delete from stream_position where group_name = $1', [group])
    : source.query('update stream_position set next_offset = $2 where group_name = $1', [group, next]));
}

function aStream(topics: readonly string[], group: string, store: PositionStore = positions) {
  const handled: string[] = [];
  const metrics = createMetrics('spec');
  const consumer = new StreamConsumer(
    { stream: 'spec', group, topics },
    {
      connection,
      positions: store,
      handler: (records) => {
        handled.push(...texts(records));
        return Promise.resolve(records.map(done));
      },
      onPoison: (_record, error) => Promise.resolve(park(error.code)),
      metrics: new StreamMetrics(metrics),
      logger: quiet,
    },
  );
  consumers.push(consumer);
  consumer.start();
  const rewinds = async (): Promise<number> => {
    const text = await metrics.metrics();
    return Number(/^stream_rewinds_total\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  return { consumer, handled, rewinds };
}

const numbered = (topic: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => aRecord(topic, `${n + from}`));
const upTo = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => `${n + from}`);

/** A group that has read ten records. */
async function aReadTopic() {
  const [topic, group] = [await aTopic(connection), `spec.${randomUUID()}`];
  await producer.send(numbered(topic, 1, 10));
  const first = aStream([topic], group);
  await eventually(() => first.handled).toHaveLength(10);
  await first.consumer.close();
  return { topic, group };
}

describe('a stream and the position in its database', () => {
  it('goes on where it stopped when the database is the one it has written to', async () => {
    const { topic, group } = await aReadTopic();
    expect((await positions.load(group, [topic])).next(topic, 0)).toBe(10n);
    const again = aStream([topic], group);
    await producer.send(numbered(topic, 11, 12));
    await eventually(() => again.handled).toEqual(['11', '12']);
    expect(await again.rewinds()).toBe(0);
  });

  it('reads again, in order, what a restored database has lost, though nothing new arrives', async () => {
    const { topic, group } = await aReadTopic();
    await restore(group, 4);
    const again = aStream([topic], group);
    await eventually(() => again.handled).toEqual(upTo(5, 10));
    expect(await again.rewinds()).toBe(1);
    await producer.send(numbered(topic, 11, 11));
    await eventually(() => again.handled).toEqual(upTo(5, 11));
    await again.consumer.close();
    expect((await positions.load(group, [topic])).next(topic, 0)).toBe(11n);
    expect((await connection.committed(group, topic)).get(0)).toBe(11n);
  });

  it('begins from the start of the topic when the database knows nothing of the group', async () => {
    const { topic, group } = await aReadTopic();
    await restore(group, null);
    const again = aStream([topic], group);
    await eventually(() => again.handled).toEqual(upTo(1, 10));
  });

  it('never skips: an offset that a crash left behind the position counts', async () => {
    const { topic, group } = await aReadTopic();
    await restore(group, 50);
    const again = aStream([topic], group);
    await producer.send(numbered(topic, 11, 12));
    await eventually(() => again.handled).toEqual(['11', '12']);
    expect(await again.rewinds()).toBe(0);
  });

  it('handles nothing while its position cannot be read, and commits no offset that the database has not', async () => {
    const { topic, group } = await aReadTopic();
    await restore(group, 4);
    let isAway = true;
    const flaky: PositionStore = {
      load: (...given) => (isAway ? Promise.reject(away()) : positions.load(...given)),
      save: () => Promise.reject(away()),
    };
    const again = aStream([topic], group, flaky);
    await producer.send(numbered(topic, 11, 11));
    await eventually(() => again.consumer.status.state).toBe('reading');
    expect(again.handled).toEqual([]);
    isAway = false;
    await eventually(() => again.handled).toEqual(upTo(5, 11));
    await again.consumer.close();
    expect((await connection.committed(group, topic)).get(0)).toBe(4n);
  });
});

const away = () => new HubError('DATABASE_UNAVAILABLE', 'away');
