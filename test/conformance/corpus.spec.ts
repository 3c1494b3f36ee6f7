import { describe, expect, it } from 'vitest';
import { answerTo, bytesOf, generalAnswerTo, readIndex, trustOf } from './corpus/index-file.ts';

const index = readIndex();
const trust = trustOf(index);

describe('the corpus', () => {
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
