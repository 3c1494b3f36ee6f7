import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Partitions } from './partitions.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reset-hub-partitions-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Values 0 to 999 of 37 keys, in turns, read back. */
async function readBack(partitions: Partitions<{ readonly n: number }>): Promise<Map<string, number[]>> {
  for (let n = 0; n < 1_000; n += 1) await partitions.add(`key ${n % 37}`, { n });
  const found = new Map<string, number[]>();
  for await (const [key, values] of partitions.groups()) {
    expect(found.has(key)).toBe(false);
    found.set(
      key,
      values.map(({ n }) => n),
    );
  }
  return found;
}

describe('records put aside by key', () => {
  it.each([
    ['in memory', { expected: 1 }],
    ['in files', { expected: 100_000, buffered: 500 }],
    ['in files of one part', { expected: 1, buffered: 500 }],
  ])('come back together by key, in their order: %s', async (_, options) => {
    const partitions = new Partitions<{ readonly n: number }>({ ...options, folder });
    const found = await readBack(partitions);
    expect(found.size).toBe(37);
    for (const [key, values] of found) {
      const first = Number(key.slice('key '.length));
      expect(values).toEqual(Array.from({ length: values.length }, (_value, i) => first + 37 * i));
    }
    expect([...found.values()].flat()).toHaveLength(1_000);
    await partitions.close();
    expect(await readdir(folder)).toEqual([]);
  });
});
