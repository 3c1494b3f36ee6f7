import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { retentionLeft } from './retention-left.ts';

const RETENTION = 90 * 86_400_000;

describe('retentionLeft', () => {
  it('tells what is left of the retention at the age of the first unhandled record, never too much', async () => {
    const ages = fc.array(fc.double({ min: 0, max: RETENTION, noNaN: true }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(ages, fc.nat(), async (some, pick) => {
        // Oldest first, as a topic has them.
        const records = some.toSorted((a, b) => b - a);
        const position = pick % records.length;
        const offsetAt = (ageMs: number): Promise<bigint> => {
          const first = records.findIndex((age) => age <= ageMs);
          return Promise.resolve(BigInt(first < 0 ? records.length : first));
        };
        const left = await retentionLeft(BigInt(position), RETENTION, offsetAt);
        const exact = RETENTION - (records[position] ?? 0);
        expect(left).toBeLessThanOrEqual(exact + 1e-6 * RETENTION);
        expect(exact - left).toBeLessThanOrEqual(RETENTION / 1000);
      }),
    );
  });

  it('tells that nothing is left when the record is as old as the topic allows', async () => {
    expect(await retentionLeft(0n, RETENTION, () => Promise.resolve(1n))).toBe(0);
  });
});
