/**
 * A verifier of its own: answers every case of the corpus that is refused, and reports on standard output, one JSON line
 * an answer. Run with `--expose-gc`, and a heap no larger than the bound.
 */
import { answerTo, bytesOf, generalAnswerTo, readIndex, trustOf } from '../corpus/index-file.ts';
import type { CaseEntry } from '../corpus/case.ts';
import { peakBytes, residentBytes } from './peak.ts';

/** One answer. */
export interface Answer {
  readonly name: string;
  readonly engine: 'strict' | 'general';
  readonly code: string | null;
  /** How far memory rose over that of the idle verifier while it answered, the case's own bytes left out; bytes. */
  readonly rise: number;
}

const index = readIndex();
const trust = trustOf(index);

// What a verifier has loaded and compiled before anything hostile arrives.
for (const entry of index.cases) if (entry.code === null) answersTo(entry);
/** The least that was resident so far, cases left out: a process gives back what it no longer needs when it likes. */
let idle = residentBytes();

const refused = index.cases.filter(({ code }) => code !== null);
// Small cases together: a collection of garbage before each would take longer than all of them.
const small = refused.filter(({ recipe }) => recipe === undefined);
report(0, () => small.flatMap((entry) => answersTo(entry)));
for (const entry of refused.filter(({ recipe }) => recipe !== undefined)) {
  const bytes = bytesOf(entry, index.cases);
  report(bytes.length, () => answersTo(entry, bytes));
}

type Given = Omit<Answer, 'rise'>;

function answersTo(entry: CaseEntry, bytes = bytesOf(entry, index.cases)): readonly Given[] {
  const { name, kind, at = index.at, general } = entry;
  const strict = { name, engine: 'strict', code: answerTo(kind, bytes, trust, new Date(at)) } as const;
  if (general === undefined) return [strict];
  return [strict, { name, engine: 'general', code: generalAnswerTo(bytes) }];
}

function report(caseBytes: number, work: () => readonly Given[]): void {
  idle = Math.min(idle, residentBytes() - caseBytes);
  let answers: readonly Given[] = [];
  const peak = peakBytes(() => {
    answers = work();
  });
  for (const answer of answers) {
    const line: Answer = { ...answer, rise: peak - caseBytes - idle };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
