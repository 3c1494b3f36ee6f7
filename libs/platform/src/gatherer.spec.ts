import { describe, expect, it } from 'vitest';

import { Gatherer } from './gatherer.ts';

const LIMITS = { records: 4, bytes: 100, lingerMs: 0, paceMs: 0 };

/** A handler that keeps what it was given and doubles every number. */
function aGatherer(limits = LIMITS): { gatherer: Gatherer<number, number>; batches: number[][] } {
  const batches: number[][] = [];
  const gatherer = new Gatherer<number, number>(
    limits,
    (item) => item,
    async (items) => {
      batches.push([...items]);
      await Promise.resolve();
      return items.map((item) => item * 2);
    },
  );
  return { gatherer, batches };
}

describe('Gatherer', () => {
  it('hands what several submit in the same turn to the handler together, and each gets its own results', async () => {
    const { gatherer, batches } = aGatherer();
    const results = await Promise.all([gatherer.submit([1, 2]), gatherer.submit([3])]);
    expect(results).toEqual([[2, 4], [6]]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('never exceeds the number of records, and keeps their order', async () => {
    const { gatherer, batches } = aGatherer();
    await gatherer.submit([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(batches).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9]]);
  });

  it('never exceeds the bytes, except for one item that is larger by itself', async () => {
    const { gatherer, batches } = aGatherer();
    await gatherer.submit([60, 50, 50, 200, 1]);
    expect(batches).toEqual([[60], [50, 50], [200], [1]]);
  });

  it('runs one batch at a time; what comes meanwhile makes up the next', async () => {
    const finish = Promise.withResolvers<undefined>();
    const batches: number[][] = [];
    let running = 0;
    const gatherer = new Gatherer<number, number>(
      LIMITS,
      () => 1,
      async (items) => {
        running += 1;
        expect(running).toBe(1);
        batches.push([...items]);
        if (batches.length === 1) await finish.promise;
        running -= 1;
        return items;
      },
    );
    const first = gatherer.submit([1, 2, 3, 4]);
    const others = [gatherer.submit([5]), gatherer.submit([6])];
    finish.resolve(undefined);
    await Promise.all([first, ...others]);
    expect(batches).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
  });

  it('waits for company only while traffic is dense', async () => {
    const { gatherer, batches } = aGatherer({ ...LIMITS, records: 100, bytes: 1_000, lingerMs: 10_000 });
    await gatherer.submit([1]);
    await gatherer.submit([2]);
    expect(batches).toEqual([[1], [2]]);
    await gatherer.submit(Array.from({ length: 50 }, () => 1));
    // Dense now: these two would wait ten seconds for each other, and the limit ends the wait.
    const [, results] = await Promise.all([
      gatherer.submit([7]),
      Promise.resolve().then(() => gatherer.submit(Array.from({ length: 99 }, () => 1))),
    ]);
    expect(results).toHaveLength(99);
    expect(batches.at(-1)).toHaveLength(100);
  });

  it('with a pace handles what comes after a silence at once, and what comes on its heels together', async () => {
    const { gatherer, batches } = aGatherer({ records: 3, bytes: 1_000, lingerMs: 0, paceMs: 10_000 });
    await gatherer.submit([1]);
    const second = gatherer.submit([2]);
    await new Promise((resolve) => setImmediate(resolve));
    // Alone, the second would wait ten seconds from the first; a full batch does not.
    await Promise.all([second, gatherer.submit([3, 4])]);
    expect(batches).toEqual([[1], [2, 3, 4]]);
  });

  it('with a pace handles by itself what came while it worked, full or when its time has come', async () => {
    const { gatherer, batches } = aGatherer({ records: 3, bytes: 1_000, lingerMs: 0, paceMs: 20 });
    const first = gatherer.submit([1]);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, gatherer.submit([2, 3, 4, 5])]);
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('gives the error to everyone in the batch, and goes on with the next', async () => {
    let fails = true;
    const gatherer = new Gatherer<number, number>(
      LIMITS,
      () => 1,
      (items) => (fails ? Promise.reject(new Error('broken')) : Promise.resolve(items)),
    );
    const both = await Promise.allSettled([gatherer.submit([1]), gatherer.submit([2])]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await gatherer.submit([3])).toEqual([3]);
  });

  it('answers nothing for nothing', async () => {
    const { gatherer, batches } = aGatherer();
    expect(await gatherer.submit([])).toEqual([]);
    expect(batches).toEqual([]);
  });
});
