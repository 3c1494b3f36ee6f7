import {
  CONCLUSION_OUTCOMES,
  parseEventId,
  parseIpaCode,
  parseSha256,
  PROCEEDING_OUTCOMES,
  VOID_REASONS,
  type EventBody,
  type HubEvent,
} from '#contracts';
import { parseRequest } from '#platform';
import { z } from 'zod';

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
const days = z.coerce.number().int().min(1).max(3650);
const term = { days, dayKind: z.enum(['calendar', 'working']).default('calendar') };
const event = z.string().transform((text) => parseEventId(text));

/** The fields of an act, by its type: what the multipart body of `POST …/events` may say. */
const actFields = z.discriminatedUnion('type', [
  z.object({ type: z.literal('correction.requested'), ...term }),
  z.object({ type: z.literal('correction.provided') }),
  z.object({ type: z.literal('integration.requested'), ...term }),
  z.object({ type: z.literal('integration.provided') }),
  z.object({ type: z.literal('conclusion.issued'), outcome: z.enum(CONCLUSION_OUTCOMES) }),
  z.object({ type: z.literal('proceeding.ended'), outcome: z.enum(PROCEEDING_OUTCOMES) }),
  z.object({ type: z.literal('filing.withdrawn') }),
  z.object({
    type: z.literal('external.notified'),
    recipient: z.string().transform((text) => parseIpaCode(text)),
    at: instant,
  }),
  z.object({
    type: z.literal('event.voided'),
    event,
    number: z.coerce.number().int().min(1),
    digest: z.string().transform((text) => parseSha256(text)),
    reason: z.enum(VOID_REASONS).default('parked'),
  }),
]);

const causeFields = z.object({
  causeAuthor: z
    .string()
    .transform((text) => parseIpaCode(text))
    .optional(),
  causeEvent: event.optional(),
});

/** What an act says. @throws HubError `REQUEST_INVALID` with every field at fault */
export function actBody(fields: ReadonlyMap<string, readonly string[]>): EventBody {
  const parsed = parseRequest(actFields, single(fields), 'body');
  if (parsed.type === 'external.notified') return { ...parsed, channel: 'pec' };
  if (parsed.type !== 'correction.requested' && parsed.type !== 'integration.requested') return parsed;
  return { type: parsed.type, term: { days: parsed.days, kind: parsed.dayKind } };
}

/** The event that an act answers, if its fields name one. */
export function actCause(fields: ReadonlyMap<string, readonly string[]>): HubEvent['cause'] {
  const { causeAuthor, causeEvent } = parseRequest(causeFields, single(fields), 'body');
  return causeAuthor === undefined || causeEvent === undefined
    ? null
    : { author: causeAuthor, event: causeEvent };
}

/** Fields by name; the last of those given twice. */
export function single(fields: ReadonlyMap<string, readonly string[]>): Record<string, string> {
  return Object.fromEntries(
    [...fields].flatMap(([name, values]) =>
      values.at(-1) === undefined ? [] : [[name, values.at(-1) ?? '']],
    ),
  );
}
