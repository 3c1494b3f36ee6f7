/** What a fault test can do to a process from outside, beside killing it. Nothing of it exists unless `FAULT_ORDERS` is set. */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

/**
 * Named places at which a process can die as by `kill -9`: before and after the commit of a transaction that writes, a
 * send to the broker, the one statement that saves positions, and a commit of offsets.
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
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Names of the files in the folder of orders. */
const CRASH = 'crash';
const CRASHED = 'crashed';
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
/** The order to crash as it was last read, and how often its place was passed since. */
let crash = { order: '', passages: 0 };

/** From now on this process follows the orders of that folder; null, as in service: none. */
export function followFaultOrders(orders: string | null): void {
  folder = orders;
  crash = { order: '', passages: 0 };
  if (orders !== null) mkdirSync(orders, { recursive: true });
}

/**
 * Dies here as by `kill -9` if the file `crash` says so: `<point> <n>`, at the n-th passage of the point since the order
 * was given. The file is then called `crashed`: the next process goes on.
 */
export function crashPoint(point: CrashPoint): void {
  if (folder === null) return;
  const order = read(CRASH);
  if (order !== crash.order) crash = { order, passages: 0 };
  const [where, passage = '1'] = order.split(' ');
  if (where !== point) return;
  crash.passages += 1;
  if (crash.passages < Number(passage)) return;
  renameSync(join(folder, CRASH), join(folder, CRASHED));
  process.kill(process.pid, 'SIGKILL');
}

/** True if there is an order to crash at one of these points: what it costs to know more is spent only then. */
export function isCrashOrdered(...points: readonly CrashPoint[]): boolean {
  return folder !== null && points.some((point) => read(CRASH).startsWith(`${point} `));
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
