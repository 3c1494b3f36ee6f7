import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCorpus } from './corpus/corpus.ts';
import { answerTo, bytesOf, CORPUS_DIR, generalAnswerTo, readIndex, trustOf } from './corpus/index-file.ts';

/** Written by hand, and left alone by the script. */
const BY_HAND = ['README.md'];

function stored(): readonly string[] {
  return readdirSync(CORPUS_DIR, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(CORPUS_DIR.length + 1))
    .filter((path) => !BY_HAND.includes(path));
}

function write(files: ReadonlyMap<string, Buffer>): void {
  for (const path of stored()) rmSync(join(CORPUS_DIR, path));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(CORPUS_DIR, path)), { recursive: true });
    writeFileSync(join(CORPUS_DIR, path), bytes);
  }
}

// `npm run generate` sets it.
const made = await makeCorpus();
if (process.env['CORPUS'] === 'write') write(made);

const index = readIndex();
const trust = trustOf(index);

describe('contracts/conformance', () => {
  it('is what its script makes, byte for byte', () => {
    expect(stored().toSorted()).toEqual([...made.keys()].toSorted());
    const differing = [...made].filter(
      ([path, bytes]) => !readFileSync(join(CORPUS_DIR, path)).equals(bytes),
    );
    expect(differing.map(([path]) => path)).toEqual([]);
  });

  it('gives each case a name of its own', () => {
    const names = index.cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe.each(index.cases)('$name', (entry) => {
  const { kind, code, general, at = index.at } = entry;

  it(code === null ? 'is accepted' : `is refused with ${code}`, () => {
    expect(answerTo(kind, bytesOf(entry, index.cases), trust, new Date(at))).toBe(code);
  });

  if (general !== undefined) {
    it(`is ${general ? 'accepted' : 'refused'} by the general engine`, () => {
      expect(generalAnswerTo(bytesOf(entry, index.cases)) === null).toBe(general);
    });
  }
});
