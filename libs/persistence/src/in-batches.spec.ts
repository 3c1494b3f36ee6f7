import { describe, expect, it } from 'vitest';
import { inBatches } from './in-batches.ts';
import type { Tx, UnitOfWork } from './unit-of-work.ts';

const TX = {} as Tx;

/** Takes rows of a heap of this size, and notes what each transaction took. */
function taking(size: number) {
  const batches: number[] = [];
  let left = size;
  const work: Pick<UnitOfWork, 'run'> = { run: (step) => step(TX) };
  const step = (_: Tx, limit: number): Promise<number> => {
    const taken = Math.min(limit, left);
    left -= taken;
    batches.push(taken);
    return Promise.resolve(taken);
  };
  return { work, step, batches };
}

describe('what concerns many rows', () => {
  it.each([
    [0, [0]],
    [999, [999]],
    [1_000, [1_000, 0]],
    [2_500, [1_000, 1_000, 500]],
  ])('is done in transactions of a thousand until nothing is left: %i rows', async (size, expected) => {
    const { work, step, batches } = taking(size);
    expect(await inBatches(work, step)).toBe(size);
    expect(batches).toEqual(expected);
  });

  it('leaves what goes beyond ten of them for the next time', async () => {
    const { work, step, batches } = taking(10_500);
    expect(await inBatches(work, step)).toBe(10_000);
    expect(batches).toHaveLength(10);
    expect(await inBatches(work, step)).toBe(500);
  });
});
