/** What processes cost, as the kernel counts it. Linux only: /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { kernelBytes } from '../kernel-bytes.ts';

/** Ticks of `/proc/<pid>/stat` a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const MS_PER_TICK = 1000 / TICKS_PER_SECOND;

/** A process by its name in the report; a server counts with its children. */
export interface Watched {
  readonly name: string;
  readonly pid: number;
  readonly withChildren: boolean;
}

interface Stat {
  readonly parent: number;
  /** Processor time of the process with all its threads, and of its children that have ended, milliseconds. */
  readonly own: number;
  readonly ended: number;
}

function statOf(pid: number): Stat | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // proc_pid_stat(5): the name, in parentheses, may hold anything; the fields after it are numbered from 3.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const at = (field: number): number => Number(fields[field - 3]);
  return {
    parent: at(4),
    own: (at(14) + at(15)) * MS_PER_TICK,
    ended: (at(16) + at(17)) * MS_PER_TICK,
  };
}

/** Processes whose parent is `pid`. */
function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((candidate) => Number.isInteger(candidate) && statOf(candidate)?.parent === pid);
}

/** Processor time used so far, milliseconds by name. Of a server: its own, its children's, and that of those gone by. */
export function cpuOf(watched: readonly Watched[]): ReadonlyMap<string, number> {
  return new Map(
    watched.map(({ name, pid, withChildren }) => {
      const stat = statOf(pid);
      if (!withChildren) return [name, stat?.own ?? 0];
      const children = childrenOf(pid).reduce((sum, child) => sum + (statOf(child)?.own ?? 0), 0);
      return [name, (stat?.own ?? 0) + (stat?.ended ?? 0) + children];
    }),
  );
}

/** What each has used between two readings, milliseconds by name. */
export function spent(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  return new Map([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]));
}

/** Bytes in memory by name: resident set of a process; of a server with children the proportional sets of all. */
export function memoryOf(watched: readonly Watched[]): ReadonlyMap<string, number> {
  return new Map(
    watched.map(({ name, pid, withChildren }) => {
      if (!withChildren) return [name, kernelBytes(`/proc/${pid}/status`, 'VmRSS')];
      const all = [pid, ...childrenOf(pid)];
      return [name, all.reduce((sum, one) => sum + kernelBytes(`/proc/${one}/smaps_rollup`, 'Pss'), 0)];
    }),
  );
}

/** The environment that a process was started with. */
export function environmentOf(pid: number): Record<string, string> {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
