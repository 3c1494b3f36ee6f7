import { backoff } from '#platform';
import type { Refusal } from './webhook-client.ts';

/** For so long a message is tried; then its webhook is suspended, milliseconds. */
export const TRIED_FOR_MS = 24 * 3_600_000;
const PAUSE = { baseMs: 5_000, maxMs: 3_600_000 } as const;

/** How the message at the head of a webhook's queue stands. */
export interface Setbacks {
  /** When its first attempt failed; null if none has. */
  readonly failingSince: Date | null;
  /** How many attempts failed. */
  readonly failures: number;
}

export type RetryPlan =
  | { readonly kind: 'retry'; readonly at: Date }
  | { readonly kind: 'suspend'; readonly code: 'WEBHOOK_GONE' | 'WEBHOOK_UNDELIVERED' };

/**
 * What follows a failed attempt: the next one, 5 seconds later, doubling up to an hour, half of it at random, and never
 * before the time that the receiver asks for (Retry-After); the last at the end of the 24 hours. Then, or when the
 * receiver says that it is gone, the webhook is suspended.
 */
export function planRetry(
  { failingSince, failures }: Setbacks,
  { code, retryAfterMs }: Pick<Refusal, 'code' | 'retryAfterMs'>,
  now: Date,
  random: () => number = Math.random,
): RetryPlan {
  if (code === 'WEBHOOK_GONE') return { kind: 'suspend', code };
  const end = (failingSince ?? now).getTime() + TRIED_FOR_MS;
  if (now.getTime() >= end) return { kind: 'suspend', code: 'WEBHOOK_UNDELIVERED' };
  const wait = Math.max(backoff(failures, { ...PAUSE, random }), retryAfterMs ?? 0);
  return { kind: 'retry', at: new Date(Math.min(now.getTime() + wait, end)) };
}
