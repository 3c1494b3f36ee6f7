import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differences, valueAt } from './json-differences.ts';

describe('differences of JSON values', () => {
  it('are the smallest parts that differ, by name', () => {
    const expected = { a: 1, list: [{ x: 1 }, { x: 2 }], gone: true };
    const held = { a: 1, list: [{ x: 1 }, { x: 3 }, 'more'], added: null };
    expect(differences(expected, held)).toEqual([
      { field: 'added', expected: undefined, held: null },
      { field: 'gone', expected: true, held: undefined },
      { field: 'list[1].x', expected: 2, held: 3 },
      { field: 'list[2]', expected: undefined, held: 'more' },
    ]);
    expect(valueAt(held, 'list[1].x')).toBe(3);
    expect(valueAt(held, 'list[9].x')).toBeUndefined();
  });

  it('are none of a value with itself, and always some of two that differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(differences(one, structuredClone(one))).toEqual([]);
        const isSame = canonical(one) === canonical(other);
        expect(differences(one, other).length === 0).toBe(isSame);
      }),
    );
  });
});

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
