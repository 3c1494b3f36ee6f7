import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { HubError, type ErrorCode } from '#errors';
import { identify, isRunning, type ProcessIdentity } from './identity.ts';

/** How much of a log's end goes into an error, in bytes. */
const TAIL_BYTES = 2_000;

/**
 * Starts a long-lived process in its own session, so that Ctrl-C in a terminal reaches only its parent, which ends its
 * children in the right order. Output goes to `logFile`, which outlives the parent.
 *
 * @throws HubError with `code` when the command cannot be started
 */
export async function startInBackground(
  code: ErrorCode,
  command: string,
  args: readonly string[],
  options: { readonly logFile: string; readonly cwd: string; readonly uid?: number; readonly gid?: number },
): Promise<ProcessIdentity> {
  const log = openSync(options.logFile, 'a', 0o600);
  const { uid, gid } = options;
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', log, log],
      ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw new Error('it ended at once');
    return identity;
  } catch (cause) {
    throw await failure(code, `${command} does not start`, options.logFile, cause);
  } finally {
    closeSync(log);
  }
}

/**
 * Waits until `isReady` answers true.
 *
 * @throws HubError with `code`, the log's path and its last lines, when the process ends first or `withinMs` has passed
 */
export async function untilReady(
  code: ErrorCode,
  what: string,
  child: { readonly identity: ProcessIdentity; readonly logFile: string },
  isReady: () => Promise<boolean>,
  withinMs: number,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    if (!isRunning(child.identity)) throw await failure(code, `${what} ended while starting`, child.logFile);
    if (await isReady()) return;
    if (Date.now() > deadline) {
      throw await failure(code, `${what} was not ready after ${String(withinMs / 1000)} s`, child.logFile);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function failure(code: ErrorCode, what: string, logFile: string, cause?: unknown): Promise<HubError> {
  return new HubError(code, `${what}; its log is ${logFile}`, {
    cause,
    details: { logFile, tail: await tailOf(logFile) },
  });
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
