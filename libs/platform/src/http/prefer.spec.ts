import { describe, expect, it } from 'vitest';

import { preferredWait } from './prefer.ts';

describe('Prefer: wait', () => {
  it.each([
    ['wait=10', 10],
    ['Wait = 10', 10],
    ['respond-async, wait=10', 10],
    ['respond-async,wait="10"', 10],
    ['return=minimal; foo="a, wait=3", wait=7; x=y', 7],
    ['wait=5, wait=9', 5],
    ['wait=0', 0],
  ])('reads %s', (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });

  it.each([undefined, '', 'return=minimal', 'wait', 'wait=', 'wait=soon', 'wait=-1', 'await=3', '"wait=3"'])(
    'finds no preference in %s',
    (header) => {
      expect(preferredWait(header)).toBeNull();
    },
  );
});
