import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import kafkajs from 'kafkajs';
import { afterAll, expect, it } from 'vitest';

import { createMetrics, systemIds } from '#platform';

import { aRecord, aTopic, collect, eventually, quiet, superUser, texts } from '../spec/broker.ts';
import { MessageProducer } from './message-producer.ts';
import { done, park } from './outcome.ts';
import type { IncomingRecord } from './record.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { StreamMetrics } from './stream-metrics.ts';
import { TopicReader } from './topic-reader.ts';

const connection = superUser();
const producer = new MessageProducer(connection);
afterAll(() => producer.close());

const { GZIP } = kafkajs.CompressionTypes;

/** As a client that is none of ours would write it: a few kilobytes that unpack to more than any fetch may bring. */
async function sendBomb(topic: string): Promise<void> {
  const corrected = kafkajs.CompressionCodecs[GZIP];
  kafkajs.CompressionCodecs[GZIP] = () => ({
    compress: ({ buffer }: { readonly buffer: Buffer }) => Promise.resolve(gzipSync(buffer)),
    decompress: () => Promise.reject(new Error('nobody asks for this')),
  });
  const stranger = connection.client.producer({ allowAutoTopicCreation: false });
  try {
    await stranger.connect();
    const messages = ['one', 'two'].map((key) => ({ key, value: Buffer.alloc(12 * 1024 * 1024) }));
    await stranger.send({ topic, compression: GZIP, messages });
  } finally {
    await stranger.disconnect();
    kafkajs.CompressionCodecs[GZIP] = corrected;
  }
}

it('a compressed batch is parked as one record that nobody unpacks, and what is before and behind it goes on', async () => {
  const topic = await aTopic(connection);
  await producer.send([aRecord(topic, 'before')]);
  await sendBomb(topic);
  await producer.send([aRecord(topic, 'behind')]);
  const handled: IncomingRecord[] = [];
  const parked: [IncomingRecord, string][] = [];
  const group = `spec.${randomUUID()}`;
  const consumer = new StreamConsumer(
    { stream: 'spec', topics: [topic], group },
    {
      connection,
      handler: (records) => {
        handled.push(...records);
        return Promise.resolve(records.map(done));
      },
      onPoison: (record, { code }) => {
        parked.push([record, code]);
        return Promise.resolve(park(code));
      },
      metrics: new StreamMetrics(createMetrics('spec')),
      logger: quiet,
    },
  );
  consumer.start();
  await eventually(() => connection.committed(group, topic)).toEqual(new Map([[0, 4n]]));
  await consumer.close();
  expect(texts(handled)).toEqual(['before', 'behind']);
  expect(parked).toMatchObject([[{ offset: '2', refused: 'RECORD_COMPRESSED' }, 'RECORD_COMPRESSED']]);
  expect(parked[0]?.[0].value.length).toBeLessThan(64 * 1024);
});

it('a reader leaves it out, also at the end of the topic', async () => {
  const topic = await aTopic(connection);
  await producer.send([aRecord(topic, 'before')]);
  await sendBomb(topic);
  const reader = new TopicReader(connection, 'spec', systemIds);
  expect(texts(await collect(reader.read(topic, { until: 'end' })))).toEqual(['before']);
});
