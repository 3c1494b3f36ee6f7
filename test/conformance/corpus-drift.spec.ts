import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCorpus } from './corpus/corpus.ts';
import { CORPUS_DIR } from './corpus/index-file.ts';

/** Written by hand, and left alone by the script. */
const BY_HAND = ['README.md'];

let made: ReadonlyMap<string, Buffer>;

beforeAll(async () => {
  made = await makeCorpus();
  // `npm run generate` sets it.
  if (process.env['CORPUS'] === 'write') write(made);
});

function stored(): readonly string[] {
  return readdirSync(CORPUS_DIR, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(CORPUS_DIR, join(entry.parentPath, entry.name)))
    .filter((path) => !BY_HAND.includes(path));
}

function write(files: ReadonlyMap<string, Buffer>): void {
  for (const path of stored()) rmSync(join(CORPUS_DIR, path));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(CORPUS_DIR, path)), { recursive: true });
    writeFileSync(join(CORPUS_DIR, path), bytes);
  }
}

describe('contracts/conformance', () => {
  // After a change of what it is made of: npm run generate
  it('is what its script makes, byte for byte', () => {
    expect(stored().toSorted()).toEqual([...made.keys()].toSorted());
    const differing = [...made].filter(
      ([path, bytes]) => !readFileSync(join(CORPUS_DIR, path)).equals(bytes),
    );
    expect(differing.map(([path]) => path)).toEqual([]);
  });
});
