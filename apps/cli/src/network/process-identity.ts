import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process, not to be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, opaque. */
  readonly started: string;
}

/** The identity of a running process; undefined when there is none, or only a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const seen = look(pid);
  return seen === undefined ? undefined : { pid, started: seen.started };
}

/** True while that very process runs. */
export function isRunning(process: ProcessIdentity): boolean {
  return look(process.pid)?.started === process.started;
}

/** The process that started this one, if it can be known. */
export function parentOf(pid: number): number | undefined {
  return look(pid)?.parent;
}

interface Seen {
  readonly started: string;
  readonly parent: number;
}

function look(pid: number): Seen | undefined {
  try {
    return process.platform === 'linux' ? lookInProc(pid) : lookByPs(pid);
  } catch {
    return undefined;
  }
}

/** proc(5): after the command in parentheses come state (3), parent (4), …, start in clock ticks since boot (22). */
function lookInProc(pid: number): Seen | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = 'X', parent] = fields;
  const started = fields[19];
  return 'ZX'.includes(state) || started === undefined ? undefined : { started, parent: Number(parent) };
}

function lookByPs(pid: number): Seen | undefined {
  const line = execFileSync('ps', ['-o', 'stat=,ppid=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [, state = 'Z', parent, started = ''] = /^\s*(\S+)\s+(\d+)\s+(.+?)\s*$/.exec(line) ?? [];
  return state.startsWith('Z') ? undefined : { started, parent: Number(parent) };
}
