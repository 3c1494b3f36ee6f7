import { urlList } from '#platform';
import { z } from 'zod';

/** What a missing event is usually only late by, milliseconds. */
export const DEFAULT_GAP_PATIENCE_MS = 5_000;

export const gapsConfig = z
  .object({
    ROUTER_PEER_URL: urlList.describe(
      'the base URL of the router’s server for other nodes; of several routers, with commas between them',
    ),
    GAP_PATIENCE_MS: z.coerce
      .number()
      .int()
      .min(0)
      .default(DEFAULT_GAP_PATIENCE_MS)
      .describe('how long an event waits for an earlier one before that is asked for, milliseconds'),
  })
  .transform((env) => ({ routers: env.ROUTER_PEER_URL, patienceMs: env.GAP_PATIENCE_MS }));
