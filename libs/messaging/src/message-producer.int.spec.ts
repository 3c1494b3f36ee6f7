import { randomBytes, randomUUID } from 'node:crypto';

import type { ProducerBatch, RecordMetadata } from 'kafkajs';
import { afterAll, describe, expect, it, vi } from 'vitest';

import { systemIds } from '#platform';
import { kafkaFor } from '#testing';

import { aRecord, aTopic, collect, connectionOf, superUser, texts } from '../spec/broker.ts';
import { MessageProducer } from './message-producer.ts';
import type { IncomingRecord } from './record.ts';
import { TopicReader } from './topic-reader.ts';

const connection = superUser();
const producer = new MessageProducer(connection);
afterAll(() => producer.close());

const read = (topic: string): Promise<IncomingRecord[]> =>
  collect(new TopicReader(connection, 'spec', systemIds).read(topic, { until: 'end' }));

describe('MessageProducer', () => {
  it('writes more than a partition takes in one go, in order, with the very bytes', async () => {
    const topic = await aTopic(connection);
    const values = Array.from({ length: 7 }, () => randomBytes(500 * 1024));
    await producer.send(values.map((value) => ({ ...aRecord(topic, ''), value })));
    const records = await read(topic);
    expect(records.map(({ value }, n) => value.equals(values[n]!))).toEqual(values.map(() => true));
  });

  it('keeps the order of several senders that do not wait for each other', async () => {
    const topic = await aTopic(connection);
    const sent = Array.from({ length: 30 }, (_, n) => `${n}`);
    await Promise.all(sent.map((text) => producer.send([aRecord(topic, text)])));
    expect(texts(await read(topic))).toEqual(sent);
  });

  it('says which topic does not exist, creates none, and writes on afterwards', async () => {
    const topic = await aTopic(connection);
    const unknown = `spec.${randomUUID()}`;
    await producer.send([aRecord(topic, 'before')]);
    await expect(producer.send([aRecord(unknown, 'x')])).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    await producer.send([aRecord(topic, 'after')]);
    expect(texts(await read(topic))).toEqual(['before', 'after']);
    await expect(connection.ranges(unknown)).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
  });

  it('never uses a producer again that has failed: its sequence numbers could make the broker drop what comes next', async () => {
    const own = superUser();
    const make = own.client.producer.bind(own.client);
    const sends: number[] = [];
    vi.spyOn(own.client, 'producer').mockImplementation((config) => {
      const producer = make(config);
      const nth = sends.push(0) - 1;
      const sendBatch = (batch: ProducerBatch): Promise<RecordMetadata[]> => {
        sends[nth] = (sends[nth] ?? 0) + 1;
        return producer.sendBatch(batch);
      };
      return { ...producer, sendBatch };
    });
    const failing = new MessageProducer(own);
    const topic = await aTopic(own);
    await failing.send([aRecord(topic, 'one')]);
    await expect(failing.send([aRecord(`spec.${randomUUID()}`, 'x')])).rejects.toThrow();
    await failing.send([aRecord(topic, 'two')]);
    await failing.send([aRecord(topic, 'three')]);
    await failing.close();
    const [first, ...others] = sends;
    const last = others.pop();
    // One that wrote and failed, each further attempt with its own, and one for all that came after.
    expect([first, last]).toEqual([2, 2]);
    expect(others.every((calls) => calls === 1)).toBe(true);
  });

  it("is refused by the broker when it writes another member's outbox", async () => {
    const thief = new MessageProducer(connectionOf(kafkaFor('c_d142')));
    const theft = thief.send([aRecord('practice.outbox.c_d150', 'forged')]);
    await expect(theft).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    await thief.close();
  });

  it('says that the broker is away when nothing listens there', async () => {
    const files = { ...kafkaFor('c_d142'), brokers: ['127.0.0.1:1'] };
    const lost = new MessageProducer(connectionOf(files));
    await expect(lost.send([aRecord('any', 'x')])).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    await lost.close();
  });
});
