import 'reflect-metadata';

import { Controller, Module, type NestApplicationOptions, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { describe, expect, it } from 'vitest';

import { HubError } from '#errors';
import { createMetrics, nestLogger } from '#platform';

import { aRecord, aTopic, eventually, quiet, superUser, texts } from '../spec/broker.ts';
import { HubTransport } from './hub-transport.ts';
import { MessageProducer } from './message-producer.ts';
import { done, park, type Outcome } from './outcome.ts';
import type { IncomingRecord } from './record.ts';
import type { StreamSettings } from './stream-consumer.ts';
import { StreamHandler } from './stream-handler.ts';

const connection = superUser();
const received: IncomingRecord[] = [];
const parked: string[] = [];

@Controller()
class InboxController {
  @StreamHandler('inbox')
  handle(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    if (records.some(({ value }) => value.toString() === 'bad')) {
      return Promise.reject(new HubError('ID_MALFORMED', 'a bad record'));
    }
    received.push(...records);
    return Promise.resolve(records.map(done));
  }
}

@Controller()
class SecondInboxController {
  @StreamHandler('inbox')
  handle(records: readonly IncomingRecord[]): Outcome[] {
    return records.map(done);
  }
}

/** Starts a node with these streams and controllers; answers what ends it. */
async function start(streams: readonly StreamSettings[], controllers: Type[]): Promise<() => Promise<void>> {
  @Module({ controllers })
  class App {}
  const strategy = new HubTransport({
    connection,
    streams,
    onPoison(record, error) {
      parked.push(`${record.value.toString()} ${error.code}`);
      return Promise.resolve(park(error.code));
    },
    metrics: createMetrics('spec'),
    logger: quiet,
  });
  const options: Pick<NestApplicationOptions, 'logger' | 'abortOnError'> = {
    logger: nestLogger(quiet),
    abortOnError: false,
  };
  const app = await NestFactory.create(App, options);
  app.connectMicroservice<MicroserviceOptions>({ strategy });
  await app.startAllMicroservices();
  return () => app.close();
}

const aStream = (stream: string, topics: string[] = []): StreamSettings => ({
  stream,
  topics,
  group: `spec.${stream}.${topics.join()}`,
});

describe('HubTransport', () => {
  it('does not start with a stream that nobody handles', async () => {
    await expect(start([aStream('inbox'), aStream('receipts')], [InboxController])).rejects.toMatchObject({
      code: 'HANDLER_MISSING',
      message: 'stream receipts has no handler',
    });
  });

  it('does not start with a handler that no stream feeds', async () => {
    await expect(start([], [InboxController])).rejects.toMatchObject({
      code: 'HANDLER_MISSING',
      message: 'handler inbox has no stream',
    });
  });

  it('does not start with two handlers of one stream', async () => {
    const both = start([aStream('inbox')], [InboxController, SecondInboxController]);
    await expect(both).rejects.toMatchObject({ code: 'HANDLER_DOUBLED' });
  });

  it('carries records to the handler as Buffers, and the error of a handler to the poison hook with its code', async () => {
    const topic = await aTopic(connection);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const producer = new MessageProducer(connection);
    await producer.send([
      { ...aRecord(topic, ''), value: bytes, headers: { ce_id: 'é', hub_decision: bytes } },
      aRecord(topic, 'bad'),
      aRecord(topic, 'last'),
    ]);
    await producer.close();
    const stop = await start([aStream('inbox', [topic])], [InboxController]);
    await eventually(() => texts(received).at(-1)).toBe('last');
    await stop();

    expect(received[0]).toMatchObject({ topic, partition: 0, offset: '0', key: 'k', value: bytes });
    expect(received[0]?.headers).toEqual({ ce_id: Buffer.from('é'), hub_decision: bytes });
    expect(parked).toEqual(['bad ID_MALFORMED']);
  });
});
