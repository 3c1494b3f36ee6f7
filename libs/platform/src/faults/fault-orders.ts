/** What a fault test can do to a process from outside, beside killing it. Nothing of it exists unless `FAULT_ORDERS` is set. */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

/**
 * Where the log's writer can die: before it asks for its lease, behind each kind of row of the one transaction that adds
 * leaves (which then is not committed), and behind its commit.
 */
export const LOG_POINTS = [
  'log-lease',
  'log-hashes',
  'log-leaves',
  'log-checkpoint',
  'log-committed',
] as const;

/** Where whoever keeps the log as files can die: before it begins a step, and behind each kind of work on the disk. */
export const FILE_POINTS = [
  'files-step',
  'folder-made',
  'file-half-written',
  'file-written',
  'file-named',
  'folder-synced',
  'file-removed',
] as const;

/**
 * Where whoever destroys documents can die: when another file has taken a key's place (its bytes are there still), when
 * all keys of a request are gone, and when that is signed.
 */
type RetentionPoint = 'key-replaced' | 'keys-destroyed' | 'destruction-signed';

/**
 * Named places at which a process can die as by `kill -9`: before and after the commit of a transaction that writes, a
 * send to the broker, the one statement that saves positions, and a commit of offsets; and those of the log. The fault suite draws from these.
 */
export const CRASH_POINTS = [
  'before-commit',
  'after-commit',
  'before-send',
  'after-send',
  'before-position-save',
  'after-position-save',
  'before-offset-commit',
  'after-offset-commit',
  ...LOG_POINTS,
  ...FILE_POINTS,
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number] | RetentionPoint;

/** Names of the files in the folder of orders. */
const CRASH = { order: 'crash', done: 'crashed', signal: 'SIGKILL' } as const;
const STOP = { order: 'stop', done: 'stopped', signal: 'SIGSTOP' } as const;
const CLOCK = 'clock';
const DISK_FULL = 'disk-full';

/** `FAULT_ORDERS`: a folder of orders, for fault tests only. */
export const faultConfig = z
  .object({
    FAULT_ORDERS: z
      .string()
      .min(1)
      .optional()
      .describe('a folder with orders of a fault test; never set it in service'),
  })
  .transform((env) => env.FAULT_ORDERS ?? null);

/** The folder whose orders this process follows; null in service. */
let folder: string | null = null;
/** Each order as it was last read, and how often its place was passed since. */
const followed = new Map<string, { readonly text: string; passages: number }>();

/** From now on this process follows the orders of that folder; null, as in service: none. */
export function followFaultOrders(orders: string | null): void {
  folder = orders;
  followed.clear();
  if (orders !== null) mkdirSync(orders, { recursive: true });
}

/**
 * Dies here as by `kill -9` if the file `crash` says so: `<point> <n>`, at the n-th passage of the point since the order
 * was given. The file is then called `crashed`: the next process goes on. With a file `stop` it stops (SIGSTOP) until
 * somebody lets it go on; that file is then called `stopped`.
 */
export function crashPoint(point: CrashPoint): void {
  if (folder === null) return;
  for (const { order, done, signal } of [CRASH, STOP]) {
    if (!isTurn(order, point)) continue;
    renameSync(join(folder, order), join(folder, done));
    process.kill(process.pid, signal);
  }
}

function isTurn(order: string, point: CrashPoint): boolean {
  const text = read(order);
  let last = followed.get(order);
  if (last?.text !== text) followed.set(order, (last = { text, passages: 0 }));
  const [where, passage = '1'] = text.split(' ');
  if (where !== point) return false;
  last.passages += 1;
  return last.passages >= Number(passage);
}

/** True if there is an order for one of these points: what it costs to know more is spent only then. */
export function isCrashOrdered(...points: readonly CrashPoint[]): boolean {
  if (folder === null) return false;
  const orders = [CRASH, STOP].map(({ order }) => read(order));
  return points.some((point) => orders.some((text) => text.startsWith(`${point} `)));
}

/** How far the clock is off, in milliseconds: what the file `clock` says; 0 without it. */
export function clockError(): number {
  return folder === null ? 0 : Number(read(CLOCK));
}

/** A step of writing on the disk: fails as on a full one while there is a file `disk-full`. */
export function diskStep(): void {
  if (folder === null || !existsSync(join(folder, DISK_FULL))) return;
  throw Object.assign(new Error('ENOSPC: no space left on device, as ordered'), { code: 'ENOSPC' });
}

function read(order: string): string {
  try {
    return readFileSync(join(folder ?? '', order), 'utf8').trim();
  } catch {
    return '';
  }
}
