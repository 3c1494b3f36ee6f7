import { expect, it } from 'vitest';
import { ageSeconds } from './age.ts';

const NOW = new Date('2026-03-04T09:00:00.000Z');

it.each([
  [null, 0],
  [NOW, 0],
  [new Date(NOW.getTime() - 1_500), 1.5],
  [new Date(NOW.getTime() + 1_500), 0],
])('of what is since %s is %d seconds', (since, seconds) => {
  expect(ageSeconds(since, NOW)).toBe(seconds);
});
