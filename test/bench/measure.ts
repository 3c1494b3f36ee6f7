/** Measuring: candidates take turns in many short rounds, so that whatever else the machine does falls on all alike. */

/** One thing to be timed. Called many times; must not keep what it makes. */
export type Work = () => unknown;

/** Microseconds of processor time of this process, garbage collection and libuv included: one figure a round. */
export type Timing = readonly number[];

/** One line of the report. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, in `unit`; null if with nothing. */
  readonly baseline: number | null;
  /** How many times better than the baseline (or over the floor, for a figure whose name says so). */
  readonly ratio: number | null;
  /** Interquartile range over the median, of the ratio where there is one. */
  readonly spread: number;
}

export interface Options {
  readonly rounds: number;
  /** Processor time of each turn, milliseconds. */
  readonly turnMs: number;
}

/** What the suites that run a whole network are told beside. */
export interface BenchOptions extends Options {
  /** Of a round's load. */
  readonly seconds: number;
  /** Of a long run. */
  readonly minutes: number;
  /** Filings a second, where the suite does not find them out. */
  readonly rate: number | undefined;
  /** Events stored before the second measurement of growth. */
  readonly events: number;
  /** That follow each filing of a log, 0 to 3. */
  readonly receipts: number;
  /** `ours` leaves the baselines out; a suite with many courses runs the one of that name. */
  readonly only: string | undefined;
  /** Folder for a profile of each node. */
  readonly cpuProf: string | undefined;
  /** Folder for the nodes' logs. */
  readonly keepLogs: string | undefined;
  /** Folder for what a suite makes for others. */
  readonly to: string | undefined;
  /** Says what is going on, beside the figures. */
  readonly tell: (what: string) => void;
}

/**
 * Times works together: in each round each has a turn. Processor time instead of wall time: a busy machine makes a run
 * longer, not its figures worse.
 */
export async function timeTogether<Name extends string>(
  works: Readonly<Record<Name, Work>>,
  { rounds, turnMs }: Options,
): Promise<Record<Name, readonly number[]>> {
  const names = Object.keys(works) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  // The first round warms up and is thrown away.
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const micros = await turn(works[name], turnMs);
      if (round > 0) samples[name].push(micros);
    }
  }
  return samples;
}

async function turn(work: Work, turnMs: number): Promise<number> {
  // Each turn begins with a clean heap: nobody collects what another has left behind.
  globalThis.gc?.();
  const start = process.cpuUsage();
  let calls = 0;
  for (;;) {
    const result = work();
    if (result instanceof Promise) await result;
    calls += 1;
    if (calls % 4 !== 0) continue;
    const { user, system } = process.cpuUsage(start);
    if (user + system >= turnMs * 1000) return (user + system) / calls;
  }
}

/** Operations a second, compared with a baseline's. The ratio is the median of the rounds' own ratios. */
export function rate(name: string, timing: Timing, baseline: Timing | null): Figure {
  return {
    name,
    value: 1e6 / median(timing),
    unit: '1/s',
    baseline: baseline === null ? null : 1e6 / median(baseline),
    ratio: baseline === null ? null : median(ratios(baseline, timing)),
    spread: spreadOf(baseline === null ? timing : ratios(baseline, timing)),
  };
}

/** Time of an operation, and how many times the floor it takes. */
export function overFloor(name: string, timing: Timing, floor: Timing): Figure {
  return {
    name,
    value: median(timing),
    unit: 'µs',
    baseline: median(floor),
    ratio: median(ratios(timing, floor)),
    spread: spreadOf(ratios(timing, floor)),
  };
}

/** What was read once, and is compared with nothing. */
export function readOnce(name: string, value: number, unit: string): Figure {
  return { name, value, unit, baseline: null, ratio: null, spread: 0 };
}

/** The median of what was measured in rounds, compared with nothing. */
export function alone(name: string, samples: readonly number[], unit: string): Figure {
  return { name, value: median(samples), unit, baseline: null, ratio: null, spread: spreadOf(samples) };
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Interquartile range over the median. */
export function spreadOf(samples: readonly number[]): number {
  return (quantile(samples, 0.75) - quantile(samples, 0.25)) / median(samples);
}

function ratios(over: Timing, under: Timing): readonly number[] {
  return over.map((sample, round) => sample / (under[round] ?? Number.NaN));
}

/** The sample that `share` of all are not greater than. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}
