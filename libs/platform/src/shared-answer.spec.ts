import { describe, expect, it } from 'vitest';

import { sharedAnswer } from './shared-answer.ts';

describe('sharedAnswer', () => {
  it('gives those who ask while an answer is under way that answer, and asks anew for who comes later', async () => {
    let asked = 0;
    const under = Promise.withResolvers<undefined>();
    const ask = sharedAnswer(async () => {
      asked += 1;
      await under.promise;
      return asked;
    });
    const both = [ask(), ask()];
    under.resolve(undefined);
    expect(await Promise.all(both)).toEqual([1, 1]);
    expect(await ask()).toBe(2);
  });

  it('gives an answer again for as long as it may be old', async () => {
    let asked = 0;
    const ask = sharedAnswer(() => Promise.resolve((asked += 1)), 60_000);
    expect([await ask(), await ask()]).toEqual([1, 1]);
  });

  it('keeps no failure', async () => {
    let asked = 0;
    const ask = sharedAnswer(() => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error('away')) : Promise.resolve(asked);
    }, 60_000);
    await expect(ask()).rejects.toThrow('away');
    expect(await ask()).toBe(2);
  });
});
