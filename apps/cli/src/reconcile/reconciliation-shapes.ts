import { z } from 'zod';

/** What a node says of an order. */
export const ordered = z.object({ id: z.string() });

const difference = z.object({
  kind: z.enum(['missing-here', 'missing-there', 'different']),
  author: z.string(),
  eventId: z.string(),
  owner: z.string(),
  practiceId: z.string(),
  position: z.number(),
  code: z.string().nullable(),
});

/** What a node says of a reconciliation. */
export const reconciliation = z.object({
  id: z.string(),
  partner: z.string(),
  from: z.string(),
  to: z.string(),
  status: z.enum(['ordered', 'running', 'agreed', 'differs', 'failed']),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  endedAt: z.string().nullable(),
  events: z.array(z.object({ author: z.string(), here: z.number(), there: z.number().nullable() })),
  found: z.number(),
  healed: z.number(),
  certificate: z.string().nullable(),
  differences: z.array(difference),
});

export type Reconciliation = z.output<typeof reconciliation>;
export type Difference = z.output<typeof difference>;
