import { setTimeout as pause } from 'node:timers/promises';

/** Resolves after `ms` milliseconds, or as soon as the signal is given (at once if it was given before). */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
