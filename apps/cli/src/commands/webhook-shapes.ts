import { z } from 'zod';
import { fields } from '../output/table.ts';

const attempt = z.looseObject({
  messageId: z.string(),
  at: z.string(),
  latencyMs: z.number(),
  status: z.number().nullable(),
  code: z.string().nullable(),
});
export type WebhookAttempt = z.output<typeof attempt>;
export const webhookAttempts = z.object({ attempts: z.array(attempt) });
export const webhookTest = attempt.extend({ delivered: z.boolean() });

/** A webhook as a node tells of it: never its secret's text. */
export const webhookView = z.looseObject({
  id: z.string(),
  label: z.string(),
  url: z.string(),
  kinds: z.array(z.string()),
  state: z.string(),
  stateSince: z.string(),
  suspended: z.string().nullable(),
  failing: z
    .object({
      since: z.string(),
      attempts: z.number(),
      next: z.string().nullable(),
      suspendedAt: z.string(),
    })
    .nullable(),
  waiting: z.object({ count: z.number(), oldest: z.string().nullable() }),
  cursor: z.string(),
  lastAttempt: attempt.nullable(),
});
export type Webhook = z.output<typeof webhookView>;
export const webhookWithSecret = webhookView.extend({ secret: z.string().nullable() });

export const FROM_TEXT = 'now, beginning, a time (ISO 8601) or a cursor of the feed';

/** How a webhook stands, in a word and a reason. */
export function standing({ state, suspended, failing }: Webhook): string {
  if (suspended !== null) return `${state} (${suspended})`;
  return failing === null ? state : `${state}, failing`;
}

export function outcome({ status, code }: WebhookAttempt): string {
  return [status ?? 'no answer', ...(code === null ? [] : [code])].join(' ');
}

export function waitingText({ waiting: { count, oldest } }: Webhook): string {
  return oldest === null ? '0' : `${count}, since ${oldest}`;
}

/** A webhook as text, line by line. */
export function webhookText(webhook: Webhook): string {
  const { failing, lastAttempt } = webhook;
  return fields({
    id: webhook.id,
    label: webhook.label,
    url: webhook.url,
    kinds: webhook.kinds.join(', '),
    state: `${standing(webhook)} since ${webhook.stateSince}`,
    ...(failing === null
      ? {}
      : {
          failing: `since ${failing.since}, ${failing.attempts} attempts; the next at ${failing.next ?? 'once'}; suspended at ${failing.suspendedAt}`,
        }),
    waiting: waitingText(webhook),
    'last attempt': lastAttempt === null ? 'none' : `${lastAttempt.at} ${outcome(lastAttempt)}`,
    cursor: webhook.cursor,
  });
}

/** The path of a webhook at its node. */
export function webhookPath(id: string): string {
  return `/v1/webhooks/${encodeURIComponent(id)}`;
}
