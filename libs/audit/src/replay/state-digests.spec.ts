import { hash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { StateDigests } from './state-digests.ts';

const folder = await mkdtemp(join(tmpdir(), 'states-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const digests = Array.from({ length: 100 }, (_, i) => hash('sha256', String(i), 'buffer'));

it.each([
  ['memory', 1_000],
  ['files', 7],
  ['files, and just full', 50],
])(
  'the digest of all states is over theirs in order, in whatever order they come: in %s',
  async (_, gathered) => {
    const states = new StateDigests({ folder, gathered });
    for (const digest of digests.toReversed()) await states.add(digest);
    const ordered = Buffer.concat(digests.toSorted((a, b) => a.compare(b)));
    expect(await states.total()).toBe(hash('sha256', ordered, 'hex'));
    await states.close();
    expect(await readdir(folder)).toEqual([]);
  },
);

it('of no state is that of nothing', async () => {
  expect(await new StateDigests({ folder }).total()).toBe(hash('sha256', '', 'hex'));
});
