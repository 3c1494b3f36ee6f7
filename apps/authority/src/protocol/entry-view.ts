/** How an entry of the protocol register looks from outside. */
import { CANCELLATION_REASONS } from '#contracts';
import { registrationNumber } from '#protocollo';
import { z } from 'zod';
import { DIRECTIONS, type EntryRow } from './protocol-rows.ts';

const protocolId = z.object({
  body: z.string(),
  aoo: z.string(),
  register: z.string(),
  number: z.string(),
  date: z.iso.date(),
  time: z.string().optional(),
});

export const entryShape = z.object({
  register: z.string(),
  year: z.number().int(),
  number: z.string().describe('Seven digits or more'),
  aoo: z.string(),
  date: z.iso.date().describe('In Italy'),
  registeredAt: z.iso.datetime(),
  direction: z.enum(DIRECTIONS).describe('in = arrivo, out = partenza, internal = interno'),
  cui: z.string().nullable(),
  practiceId: z.uuid(),
  owner: z.string(),
  eventId: z.uuid(),
  author: z.string(),
  type: z.string(),
  subject: z.string(),
  classification: z.object({ name: z.string(), code: z.string() }),
  correspondents: z
    .array(z.object({ name: z.string(), ipa: z.string().optional() }))
    .describe('Of what came in, the sender; of what went out, the recipients'),
  sent: protocolId.nullable().describe('Registration at the sender, of what came from another body'),
  segnatura: z.string().describe('Path of the segnatura, XML'),
  segnaturaSha256: z.string(),
  primarySha256: z.string().describe('Impronta of the primary document, hexadecimal'),
  state: z.enum(['registered', 'cancelled']),
  cancellation: z
    .object({
      at: z.iso.datetime(),
      reason: z.enum(CANCELLATION_REASONS),
      act: z.string(),
      note: z.string().nullable(),
    })
    .nullable(),
});

export type EntryView = z.output<typeof entryShape>;

export function entryView(row: EntryRow): EntryView {
  return {
    register: row.register,
    year: row.year,
    number: registrationNumber(Number(row.number)),
    aoo: row.aoo,
    date: row.day,
    registeredAt: row.registeredAt.toISOString(),
    direction: row.direction,
    cui: row.cui,
    practiceId: row.uuid,
    owner: row.owner,
    eventId: row.eventId,
    author: row.author,
    type: row.eventType,
    subject: row.subject,
    classification: row.classification,
    correspondents: [...row.correspondents],
    sent: row.sent,
    segnatura: `${eventPath(row)}/segnatura${eventTag(row)}`,
    segnaturaSha256: row.segnaturaSha256,
    primarySha256: row.primarySha256,
    state: row.state,
    cancellation: cancellationView(row),
  };
}

function cancellationView(row: EntryRow): EntryView['cancellation'] {
  const { cancelledAt, cancellationReason: reason, cancellationAct: act, cancellationNote: note } = row;
  if (cancelledAt === null || reason === null || act === null) return null;
  return { at: cancelledAt.toISOString(), reason, act, note };
}

interface NamedEvent {
  readonly uuid: string;
  readonly owner: string;
  readonly eventId: string;
  readonly author: string;
}

/** Path of an event's routes. */
export function eventPath({ uuid, eventId }: Pick<NamedEvent, 'uuid' | 'eventId'>): string {
  return `/v1/practices/${uuid}/events/${eventId}`;
}

/** The query that names an event without doubt, whoever has used its ids. */
export function eventTag({ owner, author }: Pick<NamedEvent, 'owner' | 'author'>): string {
  return `?owner=${encodeURIComponent(owner)}&author=${encodeURIComponent(author)}`;
}
