import { setTimeout as pause } from 'node:timers/promises';

/** Pauses between asking: of what is not there at once, some mean the start of a program. */
const FIRST_STEP_MS = 50;
const LAST_STEP_MS = 400;

/** What a network does by itself it does in a moment; on a machine that is busy with every other test, within this, milliseconds. */
export const WITHIN_MS = 60_000;

/**
 * Asks again and again until the answer is there, or the deadline has passed.
 * @param ask gives undefined while there is no answer; an error counts as no answer, and is reported at the deadline
 */
export async function until<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  let step = FIRST_STEP_MS;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
    await pause(step);
    step = Math.min(step * 1.5, LAST_STEP_MS);
  }
}
