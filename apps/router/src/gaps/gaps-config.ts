import { z } from 'zod';

export const gapsConfig = z
  .object({
    GAP_PATIENCE_MS: z.coerce
      .number()
      .int()
      .min(0)
      .default(5_000)
      .describe(
        'how long an event waits for an earlier one of its author before that is asked for, milliseconds',
      ),
  })
  .transform((env) => ({ patienceMs: env.GAP_PATIENCE_MS }));
