import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeCursor, encodeCursor, FEED_START } from './commit-safe-cursor.ts';

const MAX_XID = 2n ** 64n - 1n;
const MAX_ID = 2n ** 63n - 1n;

describe('a cursor', () => {
  it('comes back as the position it was made of', () => {
    const position = fc.record({
      xid: fc.bigInt({ min: 0n, max: MAX_XID }),
      id: fc.bigInt({ min: 0n, max: MAX_ID }),
    });
    fc.assert(
      fc.property(position, (given) => {
        expect(decodeCursor(encodeCursor(given))).toEqual(given);
      }),
    );
  });

  it.each([
    '',
    'AA',
    '1',
    `${encodeCursor(FEED_START)}A`,
    `${encodeCursor(FEED_START)}=`,
    'Ag'.padEnd(23, 'A'),
    'AQ'.padEnd(23, '/'),
  ])('is refused when it is %j', (text) => {
    expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });

  it('is refused when its id is larger than any row can have', () => {
    const text = encodeCursor({ xid: 1n, id: MAX_ID + 1n });
    expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });
});
