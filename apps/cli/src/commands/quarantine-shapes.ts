import { z } from 'zod';

/** What every node tells of a record that it parked. */
const entry = z.looseObject({
  id: z.string(),
  code: z.string(),
  reason: z.string(),
  status: z.string(),
  parkedAt: z.string(),
});
export type QuarantineEntry = z.output<typeof entry>;

export const quarantinePage = z.object({ entries: z.array(entry), next: z.string().nullable() });
export const quarantineEntry = entry.extend({
  bytes: z.string().describe('as they came, base64'),
  remedy: z.object({ it: z.string(), en: z.string() }).optional(),
});
export const releaseResult = z.looseObject({
  id: z.string(),
  status: z.string(),
  code: z.string().nullable(),
});
