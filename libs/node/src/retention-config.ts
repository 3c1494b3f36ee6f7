import { z } from 'zod';

export const retentionConfig = z.object({
  OUTBOX_KEPT_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .default(7)
    .describe('how many days what was sent is kept for whoever looks into a fault; it goes by whole weeks'),
});
