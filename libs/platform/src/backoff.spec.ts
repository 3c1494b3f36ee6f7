import { describe, expect, it } from 'vitest';

import { backoff } from './backoff.ts';

const waits = (random: number): number[] =>
  [0, 1, 2, 3, 10, 5_000].map((attempt) =>
    backoff(attempt, { baseMs: 100, maxMs: 1_000, random: () => random }),
  );

describe('backoff', () => {
  it('doubles up to the longest wait and stays there', () => {
    expect(waits(1)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('takes away at most half, at random', () => {
    expect(waits(0)).toEqual([50, 100, 200, 400, 500, 500]);
  });
});
