import { z } from 'zod';

const FEED_KINDS = ['event', 'receipt', 'documents-complete', 'parked', 'equivocation'] as const;

const label = z.string().trim().min(1).max(200).describe('The system that receives');
const url = z.string().min(1).max(2_000).describe('https; no credentials; redirects are not followed');
const kinds = z
  .array(z.enum(FEED_KINDS))
  .min(1)
  .transform((given) => [...new Set(given)].sort())
  .describe('What of the feed is pushed');
const from = z
  .string()
  .min(1)
  .max(64)
  .describe('`now`, `beginning`, a cursor of the feed (`next`, or an entry’s), or a time (ISO 8601)');

export const newWebhook = z.strictObject({
  label,
  url,
  kinds: kinds.default([...FEED_KINDS].sort()),
  from: from.default('now'),
});
export type NewWebhook = z.output<typeof newWebhook>;

export const webhookChange = z
  .strictObject({ label: label.optional(), url: url.optional(), kinds: kinds.optional() })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change');
export type WebhookChange = z.output<typeof webhookChange>;

export const resumption = z
  .strictObject({
    from: from.optional().describe('Where to go on, as for a new webhook; where it stands if absent'),
  })
  .default({});

const MAX_OVERLAP_HOURS = 168;
export const rotation = z
  .strictObject({
    overlapHours: z
      .number()
      .int()
      .min(0)
      .max(MAX_OVERLAP_HOURS)
      .default(24)
      .describe('For so long requests carry a signature by the old secret too'),
  })
  .default({ overlapHours: 24 });

const time = z.iso.datetime();
const code = z.string().describe('A stable code; `/docs` has its sentence');

export const attemptView = z.object({
  messageId: z.string().describe('`webhook-id` of the request'),
  at: time,
  latencyMs: z.number().int(),
  status: z.number().int().nullable().describe('Of the answer; null if there was none'),
  code: code.nullable().describe('Why it was not taken; null if it was'),
});

export const webhookView = z.object({
  id: z.uuid(),
  label: z.string(),
  url: z.string(),
  kinds: z.array(z.enum(FEED_KINDS)),
  state: z.enum(['active', 'paused', 'suspended']),
  stateSince: time,
  suspended: code.nullable().describe('Why it is suspended'),
  failing: z
    .object({
      since: time,
      attempts: z.number().int(),
      next: time.nullable(),
      suspendedAt: time.describe('When it is suspended unless an attempt succeeds'),
    })
    .nullable()
    .describe('Of the message whose delivery is being tried again'),
  waiting: z.object({
    count: z
      .number()
      .int()
      .describe('Those still to be pushed, of the 1000 entries of the feed behind the cursor'),
    oldest: time.nullable(),
  }),
  cursor: z.string().describe('Everything up to here was delivered; as `after`, the feed goes on from here'),
  lastDeliveredAt: time.nullable(),
  lastAttempt: attemptView.nullable(),
  secrets: z
    .array(z.object({ id: z.uuid(), createdAt: time, expiresAt: time.nullable() }))
    .describe('Newest first; never their text'),
  createdAt: time,
});
export type WebhookView = z.output<typeof webhookView>;

export const webhookWithSecret = webhookView.extend({
  secret: z
    .string()
    .nullable()
    .describe(
      '`whsec_…`, shown to this caller only; null in a repeated answer whose secret is no longer in force',
    ),
});
export type WebhookWithSecret = z.output<typeof webhookWithSecret>;

export const testResult = attemptView.extend({ delivered: z.boolean() });
export type TestResult = z.output<typeof testResult>;
