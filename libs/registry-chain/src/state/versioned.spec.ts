import { describe, expect, it } from 'vitest';
import { Versioned, VersionedMap } from './versioned.ts';

describe('a versioned value', () => {
  it('answers with what was true at each number', () => {
    const value = new Versioned<string>();
    value.set(3, 'a');
    value.set(7, 'b');
    value.set(8, 'c');
    expect([0, 2, 3, 6, 7, 8, 99].map((number) => value.at(number))).toEqual([
      undefined,
      undefined,
      'a',
      'a',
      'b',
      'c',
      'c',
    ]);
  });

  it('names the entry that set it', () => {
    const value = new Versioned<string>();
    value.set(3, 'a');
    value.set(7, 'b');
    expect([2, 3, 6, 7, 9].map((number) => value.setBy(number))).toEqual([undefined, 3, 3, 7, 7]);
  });

  it('keeps the last of two values set at one number', () => {
    const value = new Versioned<string>();
    value.set(1, 'a');
    value.set(1, 'b');
    expect(value.at(1)).toBe('b');
  });
});

describe('a versioned map', () => {
  it('lists only the keys that were there at the number asked for', () => {
    const map = new VersionedMap<string, number>();
    map.set('x', 1, 10);
    map.set('y', 2, 20);
    map.set('x', 3, 11);
    expect([...map.valuesAt(1)]).toEqual([10]);
    expect([...map.valuesAt(3)]).toEqual([11, 20]);
    expect(map.at('z', 3)).toBeUndefined();
  });
});
