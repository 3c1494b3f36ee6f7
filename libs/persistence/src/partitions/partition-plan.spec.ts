import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { partitionName, periodOf, periodsFrom } from './partition-plan.ts';

describe('the periods of a partitioned table', () => {
  it.each(['week', 'month'] as const)(
    'follow each other without a gap, by %s, and their names tell them',
    (every) => {
      fc.assert(
        fc.property(
          fc.date({ min: new Date('2000-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
          (at) => {
            const periods = periodsFrom(at, { every, ahead: 3 });
            expect(periods).toHaveLength(4);
            expect(periods[0]!.from.getTime()).toBeLessThanOrEqual(at.getTime());
            expect(periods[0]!.to.getTime()).toBeGreaterThan(at.getTime());
            for (const [index, { to }] of periods.slice(0, -1).entries())
              expect(periods[index + 1]!.from).toEqual(to);
            for (const period of periods)
              expect(periodOf(partitionName({ table: 'outbox' }, period), every)).toEqual(period);
          },
        ),
      );
    },
  );

  it('begin on Mondays and on the first of a month, UTC', () => {
    const at = new Date('2026-11-26T00:10:00Z');
    expect(periodsFrom(at, { every: 'week', ahead: 0 })).toEqual([
      { from: new Date('2026-11-23T00:00:00Z'), to: new Date('2026-11-30T00:00:00Z') },
    ]);
    expect(periodsFrom(at, { every: 'month', ahead: 1 })[1]).toEqual({
      from: new Date('2026-12-01T00:00:00Z'),
      to: new Date('2027-01-01T00:00:00Z'),
    });
    expect(periodOf('outbox_default', 'week')).toBeNull();
  });
});
