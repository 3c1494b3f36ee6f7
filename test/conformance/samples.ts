/** One document of each kind, complete and valid, for whoever signs and checks them. Everyone in them is invented. */
import {
  parseCui,
  parseDocumentId,
  parseEventId,
  parseIpaCode,
  parseIstatCode,
  parsePracticeId,
  parseSha256,
  type Decision,
  type EventBody,
  type FilingReceipt,
  type HubEvent,
  type Receipt,
  type RegistryEntry,
} from '#contracts';
import { composeSegnatura, type Segnatura } from '#protocollo';

export const AUTHOR = 'c_d150';
const OWNER = parseIpaCode(AUTHOR);
const PRACTICE = {
  owner: OWNER,
  uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301'),
  cui: parseCui(`${AUTHOR}/2026/000001`),
};
const FORM = parseDocumentId('01890a5d-ac96-774b-bcce-b302099a9000');
const PLAN = parseDocumentId('01890a5d-ac96-774b-bcce-b302099a9001');
const REGISTRY = { number: 12, digest: parseSha256('ab'.repeat(32)) };
const PROCEDURE = { code: 'edilizia.scia', version: 1 };
const FILING_ID = parseEventId('01890a5d-ac96-774b-bcce-b302099a8057');

/** What the first event of the practice says: a filing with its form and a plan. */
export function aFiling(at: Date): HubEvent {
  const form = { namespace: 'urn:cremona:modulistica:edilizia.scia:1', root: 'Scia', version: '1' };
  return {
    ...event(at, { type: 'practice.filed', form: { ...form, document: FORM } }),
    facts: [
      { name: 'protected-area', kind: 'boolean', value: 'true' },
      { name: 'floors', kind: 'band', value: '1-3' },
    ],
    documents: [
      { id: FORM, role: 'form', mediaType: 'application/xml', size: 8123, saltedDigest: digest('9a') },
      {
        id: PLAN,
        role: 'attachment',
        mediaType: 'application/pdf',
        size: 250_001,
        saltedDigest: digest('9b'),
      },
    ],
  };
}

/** An act of the same author: small, without documents. */
export function anAct(at: Date): HubEvent {
  return {
    ...event(at, {
      type: 'event.voided',
      event: FILING_ID,
      number: 1,
      digest: digest('cd'),
      reason: 'issued-in-error',
    }),
    id: parseEventId('01890a5d-ac96-774b-bcce-b302099a8058'),
    sequence: { number: 2, previous: digest('cd') },
  };
}

function event(at: Date, body: EventBody): HubEvent {
  return {
    id: FILING_ID,
    replaces: null,
    type: body.type,
    version: '1.0',
    time: at.toISOString(),
    author: { ipa: OWNER, office: 'UF-SUAP' },
    practice: PRACTICE,
    sequence: { number: 1, previous: null },
    cause: null,
    registry: REGISTRY,
    procedure: PROCEDURE,
    territory: parseIstatCode('019036'),
    facts: [],
    body,
    documents: [],
  };
}

/** A router's decision on the filing. Decisions of one batch differ in their position. */
export function aDecision(at: Date, position: number, router: string): Decision {
  return {
    version: '1.0',
    router,
    time: at.toISOString(),
    event: {
      author: OWNER,
      id: FILING_ID,
      type: 'practice.filed',
      digest: digest('ab'),
      signedInfoDigest: digest('ef'),
    },
    practice: PRACTICE,
    position,
    registry: REGISTRY,
    procedure: PROCEDURE,
    participants: [
      {
        ipa: OWNER,
        joined: true,
        part: 'owner',
        regime: 'scia',
        term: { days: 30, kind: 'calendar' },
        legalBasis: 'dpr-380-2001-art-22',
        rule: 'owner',
      },
    ],
    rules: [],
  };
}

/** A participant's word that it has received the filing. */
export function aReceipt(at: Date, by: string): Receipt {
  return {
    version: '1.0',
    kind: 'received',
    by: parseIpaCode(by),
    time: at.toISOString(),
    event: { author: OWNER, id: FILING_ID, digest: digest('ab') },
    practice: PRACTICE,
    position: 1,
    code: null,
    registration: null,
    cancellation: null,
  };
}

/** An entry of the registry's chain. */
export function aRegistryEntry(at: Date): RegistryEntry {
  return {
    version: '1.0',
    number: 2,
    previous: digest('ab'),
    time: at.toISOString(),
    change: {
      kind: 'certificate.revoked',
      fingerprint: digest('cd'),
      revokedFrom: at.toISOString(),
      reason: 'superseded',
    },
  };
}

const REGISTRATION = { aoo: OWNER, register: 'PG', number: '0000001', date: '2026-03-04' } as const;

/** The receipt that the citizen gets for the filing. */
export function aFilingReceipt(at: Date): FilingReceipt {
  return {
    version: '1.0',
    practice: PRACTICE,
    event: FILING_ID,
    time: at.toISOString(),
    office: 'UF-SUAP',
    procedure: PROCEDURE,
    term: { days: 30, kind: 'calendar' },
    protocol: REGISTRATION,
    documents: aFiling(at).documents.map((document) => ({ ...document, sha256: digest('5c') })),
  };
}

/** The segnatura di protocollo of the filing (AgID, Allegato 6), passed on to the Provincia. */
export function aSegnatura(at: Date): Segnatura {
  return composeSegnatura({
    event: aFiling(at),
    id: { body: AUTHOR, ...REGISTRATION, time: '10:00:00' },
    first: null,
    title: 'Segnalazione certificata di inizio attività',
    classification: { name: 'Edilizia privata', code: 'VI.3' },
    answers: null,
    sender: { name: 'Comune di Cremona', ipa: AUTHOR, aoo: REGISTRATION.aoo, office: 'UF-SUAP' },
    recipients: [{ name: 'Provincia di Cremona', ipa: 'p_cr', confirms: true, informed: false }],
    documents: [
      {
        fileName: 'modulo.xml',
        mediaType: 'application/xml',
        digest: Buffer.from(digest('5c'), 'hex').toString('base64'),
      },
    ],
  });
}

function digest(byte: string): ReturnType<typeof parseSha256> {
  return parseSha256(byte.repeat(32));
}
