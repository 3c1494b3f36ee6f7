import { z } from 'zod';

const bothLanguages = z.object({ it: z.string(), en: z.string() });

/** What every node tells of a record that it parked. */
const entry = z.looseObject({
  id: z.string(),
  code: z.string(),
  reason: z.string(),
  status: z.string(),
  parkedAt: z.string(),
  sentence: bothLanguages.optional(),
  remedy: bothLanguages.optional(),
});
export type QuarantineEntry = z.output<typeof entry>;

export const quarantinePage = z.object({ entries: z.array(entry), next: z.string().nullable() });
export const quarantineEntry = entry.extend({
  bytes: z.string().describe('as they came, base64'),
  headersText: z.record(z.string(), z.string()).default({}),
  readable: z.record(z.string(), z.unknown()).nullish(),
  signedBy: z.string().nullish(),
  actions: z
    .array(
      z.looseObject({
        id: z.string(),
        kind: z.string(),
        outcome: z.string(),
        at: z.string(),
        reason: z.string().nullable(),
      }),
    )
    .default([]),
});
export const releaseResult = z.looseObject({
  id: z.string(),
  status: z.string(),
  code: z.string().nullable(),
});
export const discardResult = z.looseObject({ id: z.string(), status: z.string(), action: z.string() });

export const quarantineCounts = z.object({
  at: z.string(),
  counts: z.array(z.object({ code: z.string(), status: z.string(), count: z.number(), oldest: z.string() })),
});

export const rerunAsked = z.looseObject({ id: z.string(), action: z.string() });
export const rerun = z.looseObject({
  id: z.string(),
  released: z.number(),
  held: z.number(),
  parked: z.number(),
  later: z.number(),
  endedAt: z.string().nullable(),
});

export const actionPage = z.object({
  actions: z.array(
    z.looseObject({
      id: z.string(),
      kind: z.string(),
      outcome: z.string(),
      subject: z.string(),
      at: z.string(),
      by: z.object({ tokenId: z.string().nullable(), label: z.string().nullable() }),
    }),
  ),
  next: z.string().nullable(),
});
