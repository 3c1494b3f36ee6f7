import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { RECORD_BYTES, recordsIn } from './record-files.ts';
import { SortedRuns } from './sorted-runs.ts';

const scratch = await mkdtemp(join(tmpdir(), 'runs-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Records that begin evenly spread, as digests do. */
function digests(from: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    createHash('sha256')
      .update(String(from + i))
      .digest(),
  );
}

/** Records that begin as somebody has chosen who wants them to be hard to find. */
function alike(from: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const record = Buffer.alloc(RECORD_BYTES, 7);
    record.writeUInt32BE(((from + i) * 2_654_435_761) % 2 ** 32, 12);
    return record;
  });
}

it.each([
  ['digests', digests],
  ['digests, and records that begin alike', (from, count) => (from % 2 === 0 ? digests : alike)(from, count)],
] as [string, typeof digests][])('%s are found among all that were added, in few files', async (_, make) => {
  const folder = await mkdtemp(join(scratch, 'of-'));
  let stored = (await SortedRuns.open(folder)).stored;
  const all: Buffer[] = [];
  for (const count of [6_000, 3, 1, 5_001, 0, 9_000, 40, 7]) {
    // Each time as after a restart.
    const runs = await SortedRuns.open(folder, stored);
    const more = make(all.length, count);
    await runs.add(Buffer.concat(more), { from: all.length, to: all.length + count });
    all.push(...more);
    ({ stored } = runs);
  }
  const runs = await SortedRuns.open(folder, stored);
  expect(await readdir(folder)).toHaveLength(runs.stored.length);
  expect(runs.stored.length).toBeLessThan(5);

  const ordered = all.toSorted((a, b) => a.compare(b));
  const pieces: Buffer[] = [];
  for await (const piece of runs.all()) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(Buffer.concat(ordered))).toBe(true);

  // Every one of them, and as many that are not there.
  const looked = [
    ...ordered.map((one) => one.subarray(0, 24)),
    ...digests(1_000_000, 500),
    Buffer.alloc(24),
    Buffer.alloc(24, 255),
  ].sort((a, b) => a.compare(b));
  const found = await runs.first(looked);
  const expected = new Map(all.map((one) => [one.subarray(0, 24).toString('hex'), one]));
  expect(
    looked.every(
      (one, i) =>
        found[i]?.equals(expected.get(one.toString('hex')) ?? Buffer.alloc(0)) ??
        !expected.has(one.toString('hex')),
    ),
  ).toBe(true);
  // Few, far from each other.
  const few = [3, 9_999, 14_000].map((i) => ordered[i]!);
  expect(await runs.first(few.map((one) => one.subarray(0, 16)))).toEqual(
    few.map((one) => ordered.find((other) => other.compare(one, 0, 16, 0, 16) === 0)),
  );
});

it('finds the first of those that begin alike, and is refused what is not as it was kept', async () => {
  const folder = await mkdtemp(join(scratch, 'of-'));
  const runs = await SortedRuns.open(folder);
  const [a, b, c] = recordsIn(Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32, 1), Buffer.alloc(32, 1)]));
  a!.writeUInt8(3, 31);
  b!.writeUInt8(1, 31);
  c!.writeUInt8(2, 31);
  await runs.add(Buffer.concat([a!, c!]), { from: 0, to: 2 });
  await runs.add(b!, { from: 2, to: 3 });
  expect(await runs.first([Buffer.alloc(16, 1)])).toEqual([b]);
  await expect(SortedRuns.open(folder, [{ from: 0, to: 2, count: 3 }])).rejects.toThrow('not 3 records');
  await expect(SortedRuns.open(folder, [{ from: 9, to: 10, count: 1 }])).rejects.toThrow('ENOENT');
});
