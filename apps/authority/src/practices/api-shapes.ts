/** What the routes on practices take and answer, for the OpenAPI document. */
import { CONCLUSION_OUTCOMES, EVENT_TYPES, PROCEEDING_OUTCOMES } from '#contracts';
import { ApiHeader } from '@nestjs/swagger';
import { equivocationShape } from '#equivocations';
import { z } from 'zod';
import { gapShape } from '../gaps/gap-shape.ts';

const binary = { type: 'string', format: 'binary' } as const;
const text = { type: 'string' } as const;

export const FILING_UPLOAD = {
  schema: {
    type: 'object',
    required: ['procedure', 'form'],
    properties: {
      procedure: { ...text, description: 'Code of the procedure, e.g. edilizia.scia' },
      territory: {
        ...text,
        description: 'ISTAT code of the municipality concerned; the form’s, or the owner’s own, if absent',
      },
      form: { ...binary, description: 'The form, XML' },
      attachment: { type: 'array', items: binary, description: 'Attachments, in their order' },
    },
  },
};

export const ACT_UPLOAD = {
  schema: {
    type: 'object',
    required: ['type'],
    properties: {
      type: { type: 'string', enum: EVENT_TYPES.filter((type) => type !== 'practice.filed') },
      outcome: { type: 'string', enum: [...CONCLUSION_OUTCOMES, ...PROCEEDING_OUTCOMES] },
      days: { type: 'integer', description: 'Term to answer, for requests' },
      dayKind: { type: 'string', enum: ['calendar', 'working'] },
      recipient: {
        ...text,
        description: 'IPA code of the external body that was told, for external.notified',
      },
      at: { ...text, format: 'date-time', description: 'When the PEC was accepted, for external.notified' },
      causeAuthor: { ...text, description: 'Author of the event that this act answers' },
      causeEvent: { ...text, format: 'uuid', description: 'Id of the event that this act answers' },
      document: { type: 'array', items: binary, description: 'The act’s documents, in their order' },
    },
  },
};

const registration = z
  .object({
    aoo: z.string(),
    register: z.string(),
    number: z.string().describe('Seven digits or more'),
    date: z.iso.date().describe('In Italy'),
  })
  .describe('Of this body’s protocol register');

const routing = z
  .object({
    outcome: z.enum(['placed', 'parked', 'pending']),
    position: z.number().int().nullable(),
    code: z.string().nullable().describe('Why the router parked it'),
  })
  .optional()
  .describe('Only with `Prefer: wait`: what the router has said of the event; `pending` with status 202');

export const filingAnswer = z.object({
  cui: z.string().describe('<owner>/<year>/<progressive>'),
  practiceId: z.uuid(),
  owner: z.string(),
  eventId: z.uuid(),
  procedure: z.string(),
  state: z.string(),
  protocol: registration,
  receipt: z.string().describe('Path of the signed receipt of filing'),
  routing,
});

export const actAnswer = z.object({
  cui: z.string(),
  practiceId: z.uuid(),
  eventId: z.uuid(),
  type: z.string(),
  status: z.literal('provisional'),
  protocol: registration,
  routing,
});

const practiceSummary = z.object({
  cui: z.string(),
  practiceId: z.uuid(),
  owner: z.string(),
  procedure: z.string(),
  state: z.string(),
  eventId: z.uuid().describe('Of its filing'),
  part: z.string().describe('This node’s part in it'),
  territory: z.string(),
  filedAt: z.iso.datetime(),
  position: z.number().int().describe('Of the last event folded here; 0 while the filing has none'),
});

export const practicePage = z.object({ practices: z.array(practiceSummary), next: z.string().nullable() });

export const practiceDetail = practiceSummary.extend({
  stateDigest: z.string().nullable().describe('SHA-256 of the folded state'),
  events: z.array(
    z.looseObject({
      eventId: z.uuid(),
      author: z.string(),
      type: z.string(),
      position: z.number().nullable(),
      status: z.enum(['provisional', 'accepted', 'waiting', 'parked', 'replaced']),
      replaces: z.uuid().nullable().describe('The author’s own event whose number this one took'),
      replacedBy: z.uuid().nullable().describe('The event that took this one’s number'),
    }),
  ),
  participants: z.array(z.looseObject({ ipa: z.string(), part: z.string(), joined: z.boolean() })),
  conclusions: z.array(z.looseObject({})),
  tasks: z.array(z.looseObject({})),
  terms: z.array(z.looseObject({})),
  documents: z.object({
    total: z.number().int(),
    complete: z.number().int(),
    state: z
      .enum(['complete', 'fetching', 'author-away', 'lost', 'refused', 'destroyed'])
      .describe(
        'All here; on their way; not given by their author; lost by this node’s disk, on their way back; a manifest refused, for an operator; destroyed, as their retention period was over',
      ),
    awaySince: z.iso.datetime().nullable().describe('Since when the author does not give them'),
    lostSince: z.iso.datetime().nullable().describe('Since when this node knows that its disk has lost some'),
    signatures: z.number().int().describe('Of citizens and professionals, found in the documents'),
    signaturesInDoubt: z
      .number()
      .int()
      .describe('Of these: not valid, not checked, or followed by bytes that nobody signed'),
    unchecked: z.number().int().describe('Documents whose check for signatures is still to come'),
  }),
  waiting: gapShape.nullable().describe('The positions that are missing, when events wait for them'),
  equivocations: z.array(equivocationShape).describe('What an author of the practice has signed twice'),
  receipts: z.array(z.looseObject({ eventId: z.uuid(), by: z.string(), kind: z.string() })),
});

/** Documents the preference that `AwaitDecision` honours. */
export function ApiPrefersWait(): MethodDecorator & ClassDecorator {
  return ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`wait=<seconds>`, at most 50 (RFC 7240): answer when the router’s decision is back, with `routing`; 202 if it is not in time',
  });
}
