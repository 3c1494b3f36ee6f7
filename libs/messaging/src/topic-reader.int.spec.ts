import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { systemIds } from '#platform';
import { kafkaFor } from '#testing';

import { aRecord, aTopic, collect, connectionOf, eventually, superUser, texts } from '../spec/broker.ts';
import { MessageProducer } from './message-producer.ts';
import type { IncomingRecord } from './record.ts';
import { TopicReader } from './topic-reader.ts';

const connection = superUser();
const producer = new MessageProducer(connection);
const reader = new TopicReader(connection, 'spec', systemIds);

describe('TopicReader', () => {
  it('gives everything that the topic held, of every partition in order, and ends', async () => {
    const topic = await aTopic(connection, 3);
    const sent = Array.from({ length: 90 }, (_, n) => aRecord(topic, `${n}`, `key ${n % 9}`));
    await producer.send(sent);
    const records = await collect(reader.read(topic, { until: 'end' }));
    expect(texts(records).toSorted()).toEqual(texts(sent).toSorted());
    for (let key = 0; key < 9; key += 1) {
      const ofKey = records.filter((record) => record.key === `key ${key}`);
      expect(texts(ofKey)).toEqual(texts(sent.filter((record) => record.key === `key ${key}`)));
    }
  });

  it('ends at once on an empty topic', async () => {
    const topic = await aTopic(connection);
    const reading = reader.read(topic, { until: 'end' });
    expect(await collect(reading)).toEqual([]);
    await reading.caughtUp;
  });

  it('says when it has caught up, and gives what is written afterwards, until it is closed', async () => {
    const topic = await aTopic(connection);
    await producer.send([aRecord(topic, 'one'), aRecord(topic, 'two')]);
    const reading = reader.read(topic, { until: 'follow' });
    const records: IncomingRecord[] = [];
    const atCaughtUp = reading.caughtUp.then(() => texts(records));
    const finished = (async () => {
      for await (const record of reading) records.push(record);
    })();
    expect(await atCaughtUp).toEqual(['one', 'two']);
    await producer.send([aRecord(topic, 'three')]);
    await eventually(() => texts(records)).toEqual(['one', 'two', 'three']);
    await reading.close();
    await finished;
  });

  it('has caught up with an empty topic at once when it follows', async () => {
    const topic = await aTopic(connection);
    const reading = reader.read(topic, { until: 'follow' });
    const finished = collect(reading);
    await reading.caughtUp;
    await reading.close();
    expect(await finished).toEqual([]);
  });

  it('can be left in the middle', async () => {
    const topic = await aTopic(connection);
    await producer.send([aRecord(topic, 'one'), aRecord(topic, 'two')]);
    for await (const record of reader.read(topic, { until: 'follow' })) {
      expect(record.value.toString()).toBe('one');
      break;
    }
  });

  it('leaves no group behind at the broker when it is asked to', async () => {
    const topic = await aTopic(connection);
    await producer.send([aRecord(topic, 'one')]);
    const name = `spec-${randomUUID()}`;
    const tidy = new TopicReader(connection, name, systemIds);
    expect(texts(await collect(tidy.read(topic, { until: 'end', leavesNoGroup: true })))).toEqual(['one']);
    const admin = connection.client.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    expect(groups.filter(({ groupId }) => groupId.startsWith(name))).toEqual([]);
  });

  it('is refused what its certificate may not read', async () => {
    const thief = new TopicReader(connectionOf(kafkaFor('c_d142')), 'c_d142', systemIds);
    const reading = thief.read('practice.inbox.p_cr', { until: 'follow' });
    await expect(collect(reading)).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    await expect(reading.caughtUp).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
  });
});
