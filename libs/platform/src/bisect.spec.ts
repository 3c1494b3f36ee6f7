import { expect, it } from 'vitest';
import { bisect } from './bisect.ts';

it.each([0.5, 1, 36.6, 99.999, 100])(
  'encloses %d within the precision, from the side that was asked for',
  async (sought) => {
    let asked = 0;
    const { low, high } = await bisect({ low: 0, high: 100 }, 0.1, (middle) => {
      asked += 1;
      return Promise.resolve(sought > middle);
    });
    expect(low).toBeLessThan(sought);
    expect(high).toBeGreaterThanOrEqual(sought);
    expect(high - low).toBeLessThanOrEqual(0.1);
    expect(asked).toBe(10);
  },
);

it('asks nothing about a range that is narrow enough', async () => {
  expect(await bisect({ low: 3, high: 4 }, 1, () => Promise.reject(new Error('asked')))).toEqual({
    low: 3,
    high: 4,
  });
});
