import { describe, expect, it } from 'vitest';
import { examineEvent } from '#evidence';
import type { CaseEntry } from './corpus/case.ts';
import { answerTo, bytesOf, generalAnswerTo, readIndex, trustOf } from './corpus/index-file.ts';

const index = readIndex();
const trust = trustOf(index);

/** The case that was asked for last: the largest take longer to make than to refuse. */
let last: { readonly entry: CaseEntry; readonly bytes: Buffer } | undefined;

function bytesIn(entry: CaseEntry): Buffer {
  if (last?.entry !== entry) last = { entry, bytes: bytesOf(entry, index.cases) };
  return last.bytes;
}

describe('the corpus', () => {
  it('gives each case a name of its own', () => {
    const names = index.cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe.each(index.cases)('$name', (entry) => {
  const { kind, code, general, at = index.at } = entry;

  it(code === null ? 'is accepted' : `is refused with ${code}`, () => {
    expect(answerTo(kind, bytesIn(entry), trust, new Date(at))).toBe(code);
  });

  if (kind === 'event') {
    it('is told by the step that refuses it, never by a later one', () => {
      const { steps, refusal } = examineEvent(bytesIn(entry), trust, new Date(at));
      expect(refusal?.code ?? null).toBe(code);
      const failed = steps.filter(({ result }) => result === 'failed').map(({ step }) => step);
      expect(failed).toHaveLength(code === null ? 0 : 1);
      expect(failed.includes('schema')).toBe(code === 'XSD_INVALID');
    });
  }

  if (general !== undefined) {
    it(`is ${general ? 'accepted' : 'refused'} by the general engine`, () => {
      expect(generalAnswerTo(bytesIn(entry)) === null).toBe(general);
    });
  }
});
