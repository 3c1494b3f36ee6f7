import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '#platform';
import { keepHouse, type Chore } from './keep-house.ts';
import { Recovery } from './recovery.ts';
import type { OpenNode } from './open-node.ts';

const HOUR_MS = 3_600_000;
const quiet = createLogger('spec', { level: 'silent' });
/** A database that is away: what every node does fails, and its own chores are done all the same. */
const node = {
  work: { run: () => Promise.reject(new Error('away')) } as unknown as OpenNode['work'],
  logger: quiet,
};

describe('housekeeping', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const noting = (): { readonly chore: Chore; readonly times: () => number } => {
    const done = vi.fn(() => Promise.resolve());
    return { chore: done, times: () => done.mock.calls.length };
  };

  it('is done at the start and every hour, whatever fails, until it is stopped', async () => {
    const { chore, times } = noting();
    const stop = await keepHouse(node, [() => Promise.reject(new Error('broken')), chore], {
      OUTBOX_KEPT_DAYS: 7,
    });
    expect(times()).toBe(1);
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(times()).toBe(3);
    await stop();
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(times()).toBe(3);
  });

  it('leaves what may follow only when the node knows what it has published until then', async () => {
    const recovered = Promise.withResolvers<undefined>();
    const recovery = new Recovery(async () => {
      await recovered.promise;
    }, quiet);
    const { chore, times } = noting();
    recovery.start();
    const stop = await keepHouse(node, [recovery.afterwards(chore)], { OUTBOX_KEPT_DAYS: 7 });
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(times()).toBe(0);
    recovered.resolve(undefined);
    await recovery.done;
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(times()).toBe(1);
    await stop();
  });
});
