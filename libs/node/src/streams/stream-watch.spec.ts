import { describe, expect, it } from 'vitest';

import { createLogger, createMetrics, HealthRegistry } from '#platform';
import { TEST_NOW, TestClock } from '#testing';

import { lagHealth } from '../node-health.ts';
import { StreamWatch } from './stream-watch.ts';

const DAY_MS = 86_400_000;
const INBOX = 'practice.inbox.p_cr';
const logger = createLogger('watch', { level: 'silent' });

/** A topic whose records are so many days old, oldest first, and a group that has handled the first `position`. */
function watchOf(topic: string, ages: readonly number[], position: number) {
  const metrics = createMetrics('watch');
  const clock = new TestClock(TEST_NOW);
  const connection = {
    offsetsAt: (_topic: string, at: Date) => {
      const age = (clock.now().getTime() - at.getTime()) / DAY_MS;
      const first = ages.findIndex((one) => one <= age);
      return Promise.resolve(new Map([[0, BigInt(first < 0 ? ages.length : first)]]));
    },
  };
  const watch = new StreamWatch({ connection, clock, logger, metrics });
  const lag = BigInt(ages.length - position);
  watch.start({
    lag: () => Promise.resolve({ s: [{ topic, partition: 0, position: BigInt(position), lag }] }),
  });
  return { watch, metrics };
}

async function health(watch: StreamWatch): Promise<unknown> {
  const registry = new HealthRegistry();
  lagHealth(registry, watch);
  return (await registry.check()).checks['lag'];
}

describe('StreamWatch', () => {
  it('tells how far a stream is behind and how long its topic still has the first record, as metrics too', async () => {
    const { watch, metrics } = watchOf(INBOX, [50, 40, 30, 1], 1);
    await watch.stop();
    expect(watch.lags).toMatchObject([{ stream: 's', topic: INBOX, lag: 3, retentionMs: 90 * DAY_MS }]);
    const [{ retentionLeftMs } = { retentionLeftMs: null }] = watch.lags;
    expect((retentionLeftMs ?? 0) / DAY_MS).toBeCloseTo(50, 0);
    const text = await metrics.metrics();
    expect(text).toMatch(/stream_lag_records\{stream="s",topic="practice.inbox.p_cr".*\} 3/);
    expect(text).toMatch(/stream_retention_left_seconds\{.*\} 4[23]\d{5}/);
    expect(await health(watch)).toMatchObject({
      status: 'up',
      detail: expect.stringContaining('3 behind') as string,
    });
  });

  it('degrades the node when a third of the retention is all that is left', async () => {
    const { watch } = watchOf(INBOX, [70, 1], 0);
    await watch.stop();
    expect(await health(watch)).toMatchObject({
      status: 'degraded',
      detail: expect.stringMatching(
        /2 behind in practice\.inbox\.p_cr, forgotten in (19|20)\.\d days/,
      ) as string,
    });
  });

  it('tells the whole retention where nothing is behind, and none where a topic forgets nothing', async () => {
    const caughtUp = watchOf(INBOX, [70, 1], 2);
    await caughtUp.watch.stop();
    expect(caughtUp.watch.lags).toMatchObject([{ lag: 0, retentionLeftMs: null }]);
    expect(await caughtUp.metrics.metrics()).toMatch(/stream_retention_left_seconds\{.*\} 7776000/);
    expect(await health(caughtUp.watch)).toEqual({ status: 'up', detail: '0 behind' });
    const forEver = watchOf('practice.receipts', [400, 1], 0);
    await forEver.watch.stop();
    expect(forEver.watch.lags).toMatchObject([{ lag: 2, retentionLeftMs: null, retentionMs: null }]);
    expect(await health(forEver.watch)).toMatchObject({ status: 'up' });
  });

  it('keeps what it knew while the broker is away', async () => {
    const { watch } = watchOf(INBOX, [2, 1], 0);
    await watch.stop();
    watch.start({ lag: () => Promise.reject(new Error('away')) });
    await watch.stop();
    expect(watch.lags).toMatchObject([{ lag: 2 }]);
  });
});
