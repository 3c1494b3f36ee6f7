import { expect, it } from 'vitest';
import { SpareBuffers } from './spare-buffers.ts';

it('gives a buffer again once it was given back, cut to what is asked for, and never one that somebody has', () => {
  const spare = new SpareBuffers(2);
  const first = spare.take(1_000);
  const second = spare.take(1_000);
  expect(first.length).toBe(1_000);
  expect(second.buffer).not.toBe(first.buffer);
  spare.give(first);
  const again = spare.take(900);
  expect(again.length).toBe(900);
  expect(again.buffer).toBe(first.buffer);
  expect(spare.take(900).buffer).not.toBe(first.buffer);
});

it('takes a new one where none is large enough, and keeps no more than it was told to, nor an odd large one', () => {
  const spare = new SpareBuffers(1);
  const [small, large, huge] = [spare.take(10), spare.take(1_000), spare.take(5 * 1024 * 1024)];
  for (const one of [large, small, huge]) spare.give(one);
  expect(spare.take(5).buffer).toBe(large.buffer);
  expect([small.buffer, huge.buffer]).not.toContain(spare.take(5).buffer);
});
