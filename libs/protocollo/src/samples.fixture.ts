/** Segnature for specs: a plain one, and generated ones with every odd character that a name may have. */
import fc, { type Arbitrary } from 'fast-check';
import { parseCui, parseEventId, parseIpaCode, parsePracticeId, type EventBody } from '#contracts';
import { composeSegnatura } from './compose.ts';
import type { Correspondent, MessageDocument, ProtocolId, ProtocolMessage, Segnatura } from './model.ts';

export const ID: ProtocolId = {
  body: 'c_d150',
  aoo: 'AOO-1',
  register: 'PG',
  number: '0000001',
  date: '2026-03-04',
  time: '10:00:00',
};

/** What a segnatura needs of an event. */
export function anEvent(body: EventBody = { type: 'conclusion.issued', outcome: 'favourable' }) {
  return {
    id: parseEventId('018f0000-0000-7000-8000-000000000001'),
    author: { ipa: parseIpaCode('c_d150'), office: 'SUAP' },
    practice: {
      owner: parseIpaCode('c_d150'),
      uuid: parsePracticeId('11111111-1111-4111-8111-111111111111'),
      cui: parseCui('c_d150/2026/000001'),
    },
    body,
  };
}

export const DOCUMENTS: readonly MessageDocument[] = [
  { fileName: 'modulo.xml', mediaType: 'application/xml', digest: digestOf(1) },
  { fileName: 'perché & "così" <già>.pdf', mediaType: 'application/pdf', digest: digestOf(2) },
];

export function digestOf(byte: number): string {
  return Buffer.alloc(32, byte).toString('base64');
}

export function aSegnatura(documents: readonly MessageDocument[] = DOCUMENTS): Segnatura {
  return composeSegnatura({
    event: anEvent(),
    id: ID,
    first: null,
    title: 'Segnalazione certificata di inizio attività',
    classification: { name: 'Edilizia privata', code: 'VI.3' },
    answers: null,
    sender: { name: 'Comune di Cremona', ipa: 'c_d150', aoo: 'AOO-1', office: 'SUAP' },
    recipients: [
      { name: 'Provincia di Cremona', ipa: 'p_cr', pec: 'p@pec.example', confirms: true, informed: false },
    ],
    documents,
  });
}

/** Text as people write it: accents, quotes, ampersands, brackets, blanks at the ends, astral characters. */
const odd = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('&', '<', '>', '"', "'", 'à', ' ', '\t', '\n', ']', '𝒫', 'n'),
    minLength: 1,
  }),
);
/** What XML 1.0 can carry, and reads back as written. */
const text = odd.filter((value) =>
  /^[\t\n\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u.test(value),
);
const code = fc.stringMatching(/^[A-Za-z0-9_.-]{1,16}$/);
const date = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));
const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const classification = fc.record({ name: text, code: text });

const plainId: Arbitrary<ProtocolId> = fc.record({
  body: code,
  aoo: code,
  register: code,
  number: fc.stringMatching(/^[0-9]{7,12}$/),
  date,
});

const correspondent: Arbitrary<Correspondent> = fc.record(
  { name: text, ipa: code, aoo: text, office: text, pec: text },
  { requiredKeys: ['name', 'ipa'] },
);
const document: Arbitrary<MessageDocument> = fc.record(
  { fileName: text, mediaType: text, digest, description: text },
  { requiredKeys: ['fileName', 'mediaType', 'digest'] },
);

export const segnature: Arbitrary<Segnatura> = fc.record({
  id: plainId.map((id) => ({ ...id, time: '23:59:59' })),
  first: fc.option(plainId),
  subject: text,
  classification,
  file: fc.option(fc.record({ name: text, code: text })),
  answers: fc.option(fc.record({ id: plainId, subject: text, classification })),
  sender: correspondent,
  recipients: fc.array(
    fc
      .tuple(correspondent, fc.boolean(), fc.boolean())
      .map(([body, confirms, informed]) => ({ ...body, confirms, informed })),
    { minLength: 1, maxLength: 3 },
  ),
  primary: document,
  attachments: fc.array(document, { maxLength: 4 }),
});

const received = fc.oneof(
  plainId.map((id) => ({ id })),
  text.map((description) => ({ description })),
);

export const messages: Arbitrary<ProtocolMessage> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('ConfermaRicezione' as const, 'AggiornamentoConferma' as const),
    id: plainId,
    received,
  }),
  fc.record({
    kind: fc.constant('NotificaEccezione' as const),
    id: fc.option(plainId),
    received,
    reason: text,
  }),
  fc.record({
    kind: fc.constant('AnnullamentoProtocollazione' as const),
    id: plainId,
    reason: text,
    act: text,
  }),
);
