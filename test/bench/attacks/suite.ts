/** What an attack costs: processor time and memory of refusing each case of the corpus, compared with their bounds. */
import {
  answerTo,
  bytesOf,
  generalAnswerTo,
  readIndex,
  trustOf,
} from '../../conformance/corpus/index-file.ts';
import type { CaseEntry } from '../../conformance/corpus/case.ts';
import { PEAK_KNOWN, peakBytes, residentBytes } from '../../conformance/bounds/peak.ts';
import { median, spreadOf, type Figure, type Options } from '../measure.ts';

const TIME_BOUND_MS = 100;
const MEMORY_BOUND_MB = 64;
const MB = 1024 * 1024;

/** A line for memory (where it is known) and one for time of each case, then the largest of each. */
export function benchAttacks({ rounds }: Options): Promise<readonly Figure[]> {
  const index = readIndex();
  const trust = trustOf(index);
  const cases = index.cases.filter(({ code }) => code !== null);
  const strict = (entry: CaseEntry, bytes: Buffer) => (): string | null =>
    answerTo(entry.kind, bytes, trust, new Date(entry.at ?? index.at));
  // Memory first: WebAssembly does not give back what an earlier measurement made it take.
  const memory = PEAK_KNOWN ? rises(cases, (entry) => bytesOf(entry, index.cases), strict) : [];
  const times: Figure[] = [];
  const generalTimes: Figure[] = [];
  for (const entry of cases) {
    const bytes = bytesOf(entry, index.cases);
    times.push(time(`attacks.${entry.name}.time`, strict(entry, bytes), rounds));
    if (entry.general === undefined) continue;
    generalTimes.push(time(`attacks.${entry.name}.general.time`, () => generalAnswerTo(bytes), rounds));
  }
  return Promise.resolve([
    ...memory,
    ...times,
    ...generalTimes,
    ...largest('attacks.slowest', times),
    ...largest('attacks.general.slowest', generalTimes),
    ...largest('attacks.largest', memory),
  ]);
}

/** Processor time of one refusal, milliseconds. Cold and warm calls alike count; the median is given. */
function time(name: string, work: () => unknown, rounds: number): Figure {
  const samples = Array.from({ length: rounds }, () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  return bounded(name, median(samples), 'ms', TIME_BOUND_MS, spreadOf(samples));
}

/** How far memory rises over the least that was resident so far, the case itself left out, MB. */
function rises(
  cases: readonly CaseEntry[],
  read: (entry: CaseEntry) => Buffer,
  work: (entry: CaseEntry, bytes: Buffer) => () => unknown,
): readonly Figure[] {
  let idle = residentBytes();
  return cases.map((entry) => {
    const bytes = read(entry);
    idle = Math.min(idle, residentBytes() - bytes.length);
    const rise = peakBytes(work(entry, bytes)) - bytes.length - idle;
    return bounded(`attacks.${entry.name}.memory`, rise / MB, 'MB', MEMORY_BOUND_MB, 0);
  });
}

/** The baseline is the bound, the ratio how many times better than that. */
function bounded(name: string, value: number, unit: string, bound: number, spread: number): Figure {
  return { name, value, unit, baseline: bound, ratio: bound / value, spread };
}

function largest(name: string, figures: readonly Figure[]): readonly Figure[] {
  const [most] = figures.toSorted((a, b) => b.value - a.value);
  return most === undefined ? [] : [{ ...most, name: `${name} (${most.name})` }];
}
