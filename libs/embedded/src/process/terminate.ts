import { setTimeout as pause } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './identity.ts';

/** How often a process that is ending is looked at, in milliseconds. */
const LOOK_MS = 50;

/**
 * Asks the process to end with `signal`, and ends it with SIGKILL when it still runs after `graceMs`. Returns once it is
 * gone. Does nothing to another process that has taken the number since.
 */
export async function terminate(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  send(identity, signal);
  if (await isGone(identity, graceMs)) return;
  send(identity, 'SIGKILL');
  await isGone(identity, graceMs);
}

function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

async function isGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isRunning(identity)) {
    if (Date.now() >= deadline) return false;
    await pause(LOOK_MS);
  }
  return true;
}
