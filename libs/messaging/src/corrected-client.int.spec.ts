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
/** What others have left in this process ends within so many seconds; an endless timer does not. */
const SECONDS = 15;

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

  const turns: number[] = [];
  do turns.push(await turnsOfASecond());
  while ((turns.at(-1) ?? 0) >= TURNS_OF_AN_IDLE_SECOND && turns.length < SECONDS);

  await consumer.close();
  await producer.close();
  expect(warnings).not.toContain('TimeoutNegativeWarning');
  expect(Math.min(...turns)).toBeLessThan(TURNS_OF_AN_IDLE_SECOND);
}, 90_000);

async function turnsOfASecond(): Promise<number> {
  const before = performance.nodeTiming.uvMetricsInfo.loopCount;
  // What is measured is time passing.
  await elapse(1_000);
  return performance.nodeTiming.uvMetricsInfo.loopCount - before;
}
