import type { Admin } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';

import { aRecord, aTopic, collect, eventually, superUser } from '../spec/broker.ts';
import { MessageProducer } from './message-producer.ts';
import { TopicReader } from './topic-reader.ts';
import { systemIds } from '#platform';

const connection = superUser();
const producer = new MessageProducer(connection);

describe('ranges', () => {
  it('asks another client where one stumbles over what the cluster has not told it, and leaves that to its others', async () => {
    const fresh = superUser();
    const topic = await aTopic(connection);
    const made = vi.spyOn(fresh.client, 'admin');
    const others = fresh.committed('spec', topic);
    const admin = made.mock.results[0]?.value as Admin;
    vi.spyOn(admin, 'fetchTopicOffsets').mockRejectedValueOnce(new TypeError('Cannot destructure'));
    expect(await fresh.ranges(topic)).toEqual([{ partition: 0, low: 0n, high: 0n }]);
    expect(made).toHaveBeenCalledTimes(2);
    expect(await others).toEqual(new Map([[0, null]]));
    await fresh.close();
  });
});

describe('offsetsAt', () => {
  it('tells where the records begin that are not older than a time: the end if all are, the start if none is', async () => {
    const topic = await aTopic(connection);
    await producer.send([aRecord(topic, 'one')]);
    const began = Date.now();
    await eventually(() => Date.now() > began).toBe(true);
    await producer.send([aRecord(topic, 'two'), aRecord(topic, 'three')]);
    const reader = new TopicReader(connection, 'spec', systemIds);
    const [, second] = await collect(reader.read(topic, { until: 'end' }));
    const at = async (time: number): Promise<bigint | undefined> =>
      (await connection.offsetsAt(topic, new Date(time))).get(0);
    expect(await at(0)).toBe(0n);
    expect(await at(second!.timestamp.getTime())).toBe(1n);
    expect(await at(Date.now() + 60_000)).toBe(3n);
    await producer.close();
  });

  it('refuses a topic that nobody knows', async () => {
    await expect(connection.offsetsAt('spec.none', new Date(0))).rejects.toMatchObject({
      code: 'TOPIC_UNKNOWN',
    });
  });
});
