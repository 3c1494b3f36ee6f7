export interface BackoffOptions {
  /** Wait before the first retry, milliseconds. */
  readonly baseMs: number;
  /** No wait is longer, milliseconds. */
  readonly maxMs: number;
  /** A number in [0, 1); `Math.random` unless given. */
  readonly random?: () => number;
}

/**
 * How long to wait before retry number `attempt` (0 = the first retry), in whole milliseconds: doubles from `baseMs`
 * up to `maxMs`, of which a random half is taken away, so that many clients of one server do not return together.
 */
export function backoff(attempt: number, { baseMs, maxMs, random = Math.random }: BackoffOptions): number {
  const doublings = Math.min(Math.max(0, Math.floor(attempt)), 30);
  const full = Math.min(maxMs, baseMs * 2 ** doublings);
  return Math.round(full / 2 + (full / 2) * random());
}
