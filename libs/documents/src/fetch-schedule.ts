/** When a document that could not be fetched is asked for again. Pure: time and chance are parameters. */

/** Wait after the first failure, milliseconds. */
export const FIRST_WAIT_MS = 1_000;
/** Longest wait: a quarter of an hour, milliseconds. A node that returns has its documents asked for within it. */
export const LONGEST_WAIT_MS = 900_000;

/**
 * The time of the next attempt: the wait doubles with each failure, from 1 s to 15 min, and half of it is chance, so
 * that the neighbours of a node that returns do not all come at once.
 *
 * @param failures attempts that failed so far, at least 1
 * @param chance from 0 up to but without 1
 */
export function nextAttempt(now: Date, failures: number, chance: number): Date {
  const doublings = Math.min(Math.max(failures, 1) - 1, 30);
  const wait = Math.min(FIRST_WAIT_MS * 2 ** doublings, LONGEST_WAIT_MS);
  return new Date(now.getTime() + Math.max(FIRST_WAIT_MS, Math.round(wait * (0.5 + chance / 2))));
}
