import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Answer } from './bounds/child.ts';
import { PEAK_KNOWN } from './bounds/peak.ts';
import { readIndex } from './corpus/index-file.ts';

/** How far an attack may drive a verifier's memory over that of an idle one, bytes. */
const BOUND = 64 * 1024 * 1024;
const HEAP_MB = 64;
const CHILD = join(import.meta.dirname, 'bounds/child.ts');
const ARGUMENTS = [
  '--conditions=source',
  '--experimental-transform-types',
  '--no-warnings',
  '--expose-gc',
  // A hundred collections of a small heap: threads for each would take longer than they help.
  '--single-threaded-gc',
  `--max-old-space-size=${HEAP_MB}`,
];

function answersOfAChild(): readonly Answer[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...ARGUMENTS, CHILD], {
    encoding: 'utf8',
    maxBuffer: 10_000_000,
  });
  if (status !== 0) throw new Error(`the verifier ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

// Time is measured by `npm run bench -- attacks`: a test that times would fail on a busy machine.
describe.skipIf(!PEAK_KNOWN)('the corpus in one verifier (skipped where /proc does not tell memory)', () => {
  it('is refused as the index says, without a rise of memory by 64 MB', () => {
    const answers = answersOfAChild();
    const refused = readIndex().cases.filter(({ code }) => code !== null);
    const strict = answers.filter(({ engine }) => engine === 'strict');
    expect(Object.fromEntries(strict.map(({ name, code }) => [name, code]))).toEqual(
      Object.fromEntries(refused.map(({ name, code }) => [name, code])),
    );
    const largest = answers.reduce((most, answer) => (answer.rise > most.rise ? answer : most));
    expect(largest.rise, `${largest.name}, ${largest.engine}`).toBeLessThan(BOUND);
  }, 60_000);
});
