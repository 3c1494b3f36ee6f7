/** One who is measured: starts its processes, carries filings, and ends. */
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchChild } from './children.ts';
import type { LoadOrder } from './load.ts';
import { cpuOf, spent, type Watched } from './processes.ts';

export interface Round {
  readonly filings: number;
  /** From the first call until the last filing was finished everywhere. */
  readonly seconds: number;
  /** Milliseconds of processor time a filing, by process, until everything had come to rest. */
  readonly cpu: ReadonlyMap<string, number>;
}

export interface Contender {
  readonly name: string;
  start(): Promise<void>;
  run(order: Pick<Extract<LoadOrder, { kind: 'go' }>, 'ms' | 'rate' | 'atMost'>): Promise<Round>;
  stop(): Promise<void>;
}

export interface Course {
  readonly load: BenchChild;
  readonly window: number;
  /** Filings that are finished everywhere, since ever. */
  readonly finished: () => Promise<number>;
  /** Resolves when nothing of what was filed is still on its way. */
  readonly rest: () => Promise<void>;
  readonly watched: readonly Watched[];
  /** Called at each look, with the filings that were called and those finished. */
  readonly look?: (filed: number, finished: number) => void;
}

/** Each look counts rows in four databases: more of them would be what is measured. */
const LOOK_MS = 100;
/** Nothing finished for so long: something is broken, and the bench says so instead of hanging. */
const STUCK_MS = 60_000;

/** Lets the load file, and waits until everything is finished everywhere. */
export async function runCourse(
  { load, window, finished, rest, watched, look }: Course,
  order: Pick<Extract<LoadOrder, { kind: 'go' }>, 'ms' | 'rate' | 'atMost'>,
): Promise<Round> {
  const said = { filed: 0, ended: false };
  load.hear(({ kind, count }) => {
    if (kind === 'filed' || kind === 'ended') said.filed = count ?? 0;
    if (kind === 'ended') said.ended = true;
  });
  const base = await finished();
  const before = cpuOf(watched);
  const start = performance.now();
  load.tell({ kind: 'go', ...order, window } satisfies LoadOrder);
  let done = 0;
  let moved = performance.now();
  for (;;) {
    await pause(LOOK_MS);
    const now = (await finished()) - base;
    look?.(said.filed, now);
    if (now > done) moved = performance.now();
    done = now;
    load.tell({ kind: 'finished', count: done } satisfies LoadOrder);
    if (said.ended && done >= said.filed) break;
    if (!load.alive) throw new Error(`${load.name} ended in the middle of a round`);
    if (performance.now() - moved > STUCK_MS) {
      throw new Error(`nothing was finished for ${STUCK_MS / 1000} s: ${done} of ${said.filed}`);
    }
  }
  const seconds = (performance.now() - start) / 1000;
  await rest();
  const used = spent(before, cpuOf(watched));
  return { filings: done, seconds, cpu: new Map([...used].map(([name, ms]) => [name, ms / done])) };
}
