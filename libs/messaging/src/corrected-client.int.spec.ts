import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as elapse } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createMetrics } from '#platform';

import { aRecord, aTopic, eventually, quiet, superUser } from '../spec/broker.ts';
import { MessageProducer } from './message-producer.ts';
import { done, park } from './outcome.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { StreamMetrics } from './stream-metrics.ts';

/**
 * A connection caught in the endless timer turns the event loop about a thousand times a second; a healthy one ten
 * times, to look for requests that have timed out.
 */
const TURNS_OF_AN_IDLE_SECOND = 300;
const SECONDS = 2;

const warnings: string[] = [];
const note = ({ name }: Error): void => {
  warnings.push(name);
};

beforeAll(() => {
  process.on('warning', note);
});
afterAll(() => {
  process.off('warning', note);
});

it('a process with an idle consumer and an idle producer is idle, and prints no warning', async () => {
  const connection = superUser();
  const topic = await aTopic(connection);
  const producer = new MessageProducer(connection);
  let handled = 0;
  const consumer = new StreamConsumer(
    { stream: 'spec', topics: [topic], group: `spec.${randomUUID()}` },
    {
      connection,
      handler: (records) => {
        handled += records.length;
        return Promise.resolve(records.map(done));
      },
      onPoison: (_record, error) => Promise.resolve(park(error.code)),
      metrics: new StreamMetrics(createMetrics('spec')),
      logger: quiet,
    },
  );
  consumer.start();
  await producer.send([aRecord(topic, 'one')]);
  await eventually(() => handled).toBe(1);

  const before = performance.nodeTiming.uvMetricsInfo.loopCount;
  // What is measured is time passing.
  await elapse(SECONDS * 1_000);
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount - before;

  await consumer.close();
  await producer.close();
  expect(warnings).not.toContain('TimeoutNegativeWarning');
  expect(turns).toBeLessThan(TURNS_OF_AN_IDLE_SECOND * SECONDS);
});
