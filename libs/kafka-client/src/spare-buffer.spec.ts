import { expect, it } from 'vitest';

import { SpareBuffer } from './spare-buffer.ts';

it('gives a buffer to one at a time, and again once it is given back', () => {
  const spare = new SpareBuffer();
  const first = spare.take(1000);
  const second = spare.take(1000);
  expect(second).not.toBe(first);
  spare.give(first);
  expect(spare.take(first.length)).toBe(first);
});

it('keeps the larger of two, and none that is larger than any request', () => {
  const spare = new SpareBuffer();
  const [small, large, huge] = [spare.take(1), spare.take(1024 * 1024), spare.take(10 * 1024 * 1024)];
  spare.give(large);
  spare.give(small);
  spare.give(huge);
  expect(spare.take(2 * 1024)).toBe(large);
});
