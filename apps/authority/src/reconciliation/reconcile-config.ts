import { z } from 'zod';

const DAY_S = 86_400;
const MINUTE_S = 60;

/** When a node compares itself with its neighbours. */
export interface ReconcileSettings {
  /** Milliseconds between two comparisons with one neighbour; 0: only when somebody orders one. */
  readonly everyMs: number;
  /** A range ends so long ago at least, milliseconds: what was decided later may still be on its way. */
  readonly settledMs: number;
}

/** `RECONCILE_EVERY`, `RECONCILE_SETTLED_AFTER`: seconds. */
export const reconcileConfig = z
  .object({
    RECONCILE_EVERY: z.coerce
      .number()
      .int()
      .min(0)
      .max(366 * DAY_S)
      .default(DAY_S)
      .describe('seconds between two comparisons with one neighbour; 0 for none by itself'),
    RECONCILE_SETTLED_AFTER: z.coerce
      .number()
      .int()
      .min(0)
      .max(DAY_S)
      .default(MINUTE_S)
      .describe('seconds after which an event that was placed is expected on both sides'),
  })
  .transform((env): ReconcileSettings => ({
    everyMs: env.RECONCILE_EVERY * 1000,
    settledMs: env.RECONCILE_SETTLED_AFTER * 1000,
  }));
