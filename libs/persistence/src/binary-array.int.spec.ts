import { afterAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '#testing';
import { bigintArray, boolArray, intArray, textArray, uuidArray } from './binary-array.ts';
import { createDataSource } from './data-source.ts';
import { UnitOfWork } from './unit-of-work.ts';

const source = await createDataSource({ url: await freshDatabase(), name: 'test', migrations: [] });
const work = new UnitOfWork(source);

afterAll(() => source.destroy());

async function seen(type: string, array: Buffer): Promise<unknown> {
  const [row] = await work.run((tx) =>
    tx.query<{ seen: unknown }>(`select to_jsonb($1::${type}[]) as seen`, [array]),
  );
  return row?.seen;
}

const UUID = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('an array as a parameter', () => {
  it('arrives as it was given: nulls, quotes, what is not ASCII, and what looks like a null', async () => {
    const texts = ['', 'NULL', null, '{"a",\\b}', 'città', '😀'];
    expect(await seen('text', textArray(texts))).toEqual(texts);
    expect(await seen('uuid', uuidArray([UUID.toUpperCase(), null]))).toEqual([UUID, null]);
    expect(await seen('int', intArray([0, -1, 2_147_483_647, null]))).toEqual([0, -1, 2_147_483_647, null]);
    const large = [Number.MAX_SAFE_INTEGER, -1, null];
    expect(await seen('bigint', bigintArray(large))).toEqual(large);
    expect(await seen('bool', boolArray([true, false, null]))).toEqual([true, false, null]);
  });

  it('may be empty', async () => {
    for (const [type, array] of [
      ['text', textArray([])],
      ['uuid', uuidArray([])],
      ['int', intArray([])],
      ['bigint', bigintArray([])],
      ['bool', boolArray([])],
    ] as const) {
      expect(await seen(type, array)).toEqual([]);
    }
  });

  it('is refused where the statement takes another type, or a value is none of it', async () => {
    await expect(seen('bigint', intArray([1]))).rejects.toThrow(/element type/);
    for (const none of ['', 'no', `${UUID}0`, UUID.replace('a', 'g')]) {
      expect(() => uuidArray([none])).toThrow(RangeError);
    }
    expect(() => intArray([2 ** 31])).toThrow(RangeError);
    expect(() => bigintArray([0.5])).toThrow(RangeError);
  });
});
