import { setTimeout as pause } from 'node:timers/promises';
import { HubError } from '#errors';

const LOOK_MS = 100;

/**
 * Looks until `look` finds something.
 * @param what is waited for, for the error
 * @throws HubError `DEMONSTRATION_FAILED` after `withinMs`; what `signal` was aborted with
 */
export async function until<T>(
  what: string,
  withinMs: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline)
      throw new HubError('DEMONSTRATION_FAILED', `${what}: not within ${withinMs / 1000} s`);
    await pause(LOOK_MS);
  }
}
