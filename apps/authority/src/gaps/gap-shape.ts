/** A gap, for the OpenAPI document. */
import { z } from 'zod';

export const gapShape = z.object({
  owner: z.string(),
  practiceId: z.uuid(),
  missing: z.object({ from: z.number().int(), to: z.number().int() }).describe('Positions, both included'),
  waiting: z.number().int().describe('Events that wait behind it'),
  since: z.iso.datetime().describe('When the first of them came'),
  attempts: z.number().int().describe('Rounds in which it was asked for, to no avail'),
  nextAttemptAt: z.iso.datetime().nullable().describe('Null while it may still be on its way'),
  asked: z
    .array(
      z.object({
        holder: z.string(),
        at: z.iso.datetime(),
        given: z.number().int().describe('Events that passed every check'),
        code: z.string().nullable().describe('Why it gave no more; null if it had nothing'),
      }),
    )
    .describe('What each neighbour said in the last round'),
});
