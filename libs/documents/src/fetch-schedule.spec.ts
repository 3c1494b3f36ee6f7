import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nextAttempt } from './fetch-schedule.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const wait = (failures: number, chance: number) =>
  nextAttempt(NOW, failures, chance).getTime() - NOW.getTime();

describe('nextAttempt', () => {
  it('doubles the wait from one second to a quarter of an hour', () => {
    const almostOne = 0.999_999_999;
    expect([1, 2, 3, 4, 10, 11, 50].map((failures) => wait(failures, almostOne))).toEqual([
      1_000, 2_000, 4_000, 8_000, 512_000, 900_000, 900_000,
    ]);
  });

  it('never waits less than half of that, nor less than a second, nor more than a quarter of an hour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (n, chance) => {
          const ms = wait(n, chance);
          const full = Math.min(1_000 * 2 ** Math.max(n - 1, 0), 900_000);
          expect(ms).toBeGreaterThanOrEqual(Math.max(1_000, full / 2));
          expect(ms).toBeLessThanOrEqual(Math.max(1_000, full));
        },
      ),
    );
  });
});
