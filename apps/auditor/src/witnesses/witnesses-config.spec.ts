import { describe, expect, it } from 'vitest';
import { required, witnessesConfig } from './witnesses-config.ts';

describe('how many witnesses make a checkpoint witnessed', () => {
  it('is a majority of the members unless somebody says otherwise: all of them, or a number', () => {
    const quorumOf = (WITNESS_QUORUM?: string) => witnessesConfig.parse({ WITNESS_QUORUM }).quorum;
    const asked = [undefined, 'majority', 'all', '2', '0'].map((value) => {
      const quorum = quorumOf(value);
      return [1, 4, 5].map((members) => required(quorum, members));
    });
    expect(asked).toEqual([
      [1, 3, 3],
      [1, 3, 3],
      [1, 4, 5],
      [2, 2, 2],
      [0, 0, 0],
    ]);
  });

  it.each(['-1', '1.5', 'most'])('is not %j', (WITNESS_QUORUM) => {
    expect(witnessesConfig.safeParse({ WITNESS_QUORUM }).success).toBe(false);
  });
});
