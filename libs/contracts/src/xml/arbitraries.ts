/** Arbitrary documents, all of them valid by their XSD; registry entries are in `arbitraries-registry.ts`. */
import fc, { type Arbitrary } from 'fast-check';
import * as contracts from '../index.ts';
import type { EventBody, Fact, HubEvent, Term } from '../index.ts';

const hex = (length: number): Arbitrary<string> =>
  fc.string({
    unit: fc.integer({ min: 0, max: 15 }).map((digit) => digit.toString(16)),
    minLength: length,
    maxLength: length,
  });
export const sha256 = hex(64).map(contracts.parseSha256);
export const ipa = fc.stringMatching(/^[A-Za-z0-9_.-]{1,16}$/).map(contracts.parseIpaCode);
export const istat = fc.stringMatching(/^[0-9]{6}$/).map(contracts.parseIstatCode);
const eventId = fc.uuid({ version: 7 }).map(contracts.parseEventId);
const documentId = fc.uuid().map(contracts.parseDocumentId);
export const count = fc.integer({ min: 1, max: 1_000_000_000 });
export const code = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,20}$/);
export const elementName = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,20}$/);
export const namespace = fc.stringMatching(/^[!-~]{0,40}$/);
export const time = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
export const base64 = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));
export const buffer = (minLength: number, maxLength: number): Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes));

/** Any one character; fast-check's own `unit: 'binary'` makes a table of all 1.1 million of them first. */
const character = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));

/** Any text that XML 1.0 can carry, with what needs escaping made frequent. */
export const xmlText: Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '&',
        '<',
        '>',
        '"',
        "'",
        '\r',
        '\n',
        '\t',
        '\r\n',
        ']]>',
        '&amp;',
        '\u{10FFFF}',
        '\uFFFD',
        'è',
      ),
      fc.string({ unit: character, maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((value) => /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u.test(value));
export const line = xmlText.map((value) => value.replaceAll(/[\t\n\r]/g, ' ') + 'x');
export const xpath = xmlText.map((value) => value + '/x');

export const term: Arbitrary<Term> = fc.record({ days: count, kind: fc.constantFrom('calendar', 'working') });
const practice = fc.record({
  owner: ipa,
  uuid: fc.uuid().map(contracts.parsePracticeId),
  cui: fc.stringMatching(/^[A-Za-z0-9_.-]{1,16}\/[0-9]{4}\/[0-9]{6,12}$/).map(contracts.parseCui),
});
const registryVersion = fc.record({ number: count, digest: sha256 });
const procedureVersion = fc.record({ code, version: count });
const fact: Arbitrary<Fact> = fc.oneof(
  fc.record({ name: code, kind: fc.constant('boolean' as const), value: fc.constantFrom('true', 'false') }),
  fc.record({ name: code, kind: fc.constantFrom('code' as const, 'band' as const), value: code }),
  fc.record({ name: code, kind: fc.constant('istat' as const), value: istat }),
);

const body: Arbitrary<EventBody> = fc.oneof(
  fc.record({
    type: fc.constant('practice.filed' as const),
    form: fc.record({ namespace, root: elementName, version: code, document: documentId }),
  }),
  fc.record({
    type: fc.constantFrom('correction.requested' as const, 'integration.requested' as const),
    term,
  }),
  fc.record({
    type: fc.constantFrom(
      'correction.provided' as const,
      'integration.provided' as const,
      'filing.withdrawn' as const,
    ),
  }),
  fc.record({
    type: fc.constant('conclusion.issued' as const),
    outcome: fc.constantFrom(...contracts.CONCLUSION_OUTCOMES),
  }),
  fc.record({
    type: fc.constant('proceeding.ended' as const),
    outcome: fc.constantFrom(...contracts.PROCEEDING_OUTCOMES),
  }),
  fc.record({
    type: fc.constant('external.notified' as const),
    recipient: ipa,
    channel: fc.constant('pec' as const),
    at: time,
  }),
  fc.record({
    type: fc.constant('event.voided' as const),
    event: eventId,
    number: count,
    digest: sha256,
    reason: fc.constantFrom(...contracts.VOID_REASONS),
  }),
);

const mediaType = fc.stringMatching(/^[A-Za-z0-9!#$&^_.+-]{1,20}\/[A-Za-z0-9!#$&^_.+-]{1,20}$/);
const role = fc.constantFrom(...contracts.DOCUMENT_ROLES);
export const size = fc.integer({ min: 0, max: 999_999_999_999_999 });

export const events: Arbitrary<HubEvent> = body.chain((chosen) =>
  fc.record({
    id: eventId,
    replaces: fc.option(eventId),
    type: fc.constant(chosen.type),
    version: fc.constant(contracts.DOCUMENT_VERSION),
    time,
    author: fc.record({ ipa, office: code }),
    practice,
    sequence: fc.record({ number: count, previous: fc.option(sha256) }),
    cause: fc.option(fc.record({ author: ipa, event: eventId })),
    registry: registryVersion,
    procedure: procedureVersion,
    territory: istat,
    facts: fc.uniqueArray(fact, { maxLength: 5, selector: ({ name }) => name }),
    body: fc.constant(chosen),
    documents: fc.uniqueArray(fc.record({ id: documentId, role, mediaType, size, saltedDigest: sha256 }), {
      maxLength: 5,
      selector: ({ id }) => id,
    }),
  }),
);

const participant = fc.record({
  ipa,
  joined: fc.boolean(),
  part: fc.constantFrom(...contracts.PARTS),
  regime: fc.constantFrom(...contracts.REGIMES),
  term,
  legalBasis: code,
  rule: code,
});

export const decisions: Arbitrary<contracts.Decision> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  router: code,
  time,
  event: fc.record({
    author: ipa,
    id: eventId,
    type: fc.constantFrom(...contracts.EVENT_TYPES),
    digest: sha256,
    signedInfoDigest: sha256,
  }),
  practice,
  position: count,
  registry: registryVersion,
  procedure: procedureVersion,
  participants: fc.array(participant, { minLength: 1, maxLength: 5 }),
  rules: fc.array(fc.record({ rule: code, matched: fc.boolean(), facts: fc.array(fact, { maxLength: 3 }) }), {
    maxLength: 4,
  }),
});

const registration: Arbitrary<contracts.Registration> = fc.record({
  aoo: ipa,
  register: ipa,
  number: fc.stringMatching(/^[0-9]{7,12}$/),
  date: time.map((moment) => moment.slice(0, 10)),
});

export const receipts: Arbitrary<contracts.Receipt> = fc
  .record({
    version: fc.constant(contracts.DOCUMENT_VERSION),
    kind: fc.constantFrom(...contracts.RECEIPT_KINDS),
    by: ipa,
    time,
    event: fc.record({ author: ipa, id: eventId, digest: sha256 }),
    practice,
    position: count,
    code: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/),
    hasCode: fc.boolean(),
    registration,
    cancellation: fc.record({ reason: fc.constantFrom(...contracts.CANCELLATION_REASONS), act: code }),
  })
  .map(({ hasCode, ...all }) => {
    // Which parts go with which kind: `checkParts` of the reader.
    const isCancelled = all.kind === 'registration-cancelled';
    return {
      ...all,
      code: hasCode || all.kind === 'registration-refused' ? all.code : null,
      registration: isCancelled || all.kind === 'registered' ? all.registration : null,
      cancellation: isCancelled ? all.cancellation : null,
    };
  });

const place = fc.stringMatching(/^[A-Za-z0-9_.:/+-]{1,60}$/);
const lowerWord = fc.stringMatching(/^[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,8}){0,2}$/);

export const actions: Arbitrary<contracts.OperatorAction> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  id: eventId,
  kind: fc.oneof(
    fc.constantFrom(...contracts.ACTION_KINDS),
    fc.stringMatching(/^[a-z]{1,12}(-[a-z]{1,8})?\.[a-z]{1,12}(-[a-z]{1,8})?$/),
  ),
  node: code,
  role: fc.constantFrom(...contracts.CERTIFICATE_ROLES),
  time,
  outcome: lowerWord,
  actors: fc.array(fc.record({ kind: lowerWord, reference: sha256 }), { minLength: 1, maxLength: 3 }),
  reason: fc.option(sha256),
  record: fc.option(
    fc.record({
      topic: place,
      partition: fc.integer({ min: -1, max: 100 }),
      offset: place,
      digest: sha256,
      code: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/),
    }),
  ),
  event: fc.option(fc.record({ author: ipa, id: eventId })),
  practice: fc.option(fc.record({ owner: ipa, uuid: fc.uuid().map(contracts.parsePracticeId) })),
  set: fc.option(fc.record({ size: count, root: buffer(32, 32).map((bytes) => bytes.toString('base64')) })),
  details: fc.uniqueArray(fc.record({ name: lowerWord, value: place }), {
    maxLength: 4,
    selector: ({ name }) => name,
  }),
});

export const heartbeats: Arbitrary<contracts.RegistryHeartbeat> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  time,
  head: registryVersion,
});

export const batches: Arbitrary<contracts.BatchDocument> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  id: fc.uuid(),
  kind: fc.constantFrom(...contracts.BATCH_KINDS),
  signer: code,
  time,
  size: count,
  root: buffer(32, 32).map((bytes) => bytes.toString('base64')),
});

export const signedItems: Arbitrary<contracts.SignedItem> = count.chain((size) =>
  fc.record({
    version: fc.constant(contracts.DOCUMENT_VERSION),
    index: fc.integer({ min: 0, max: size - 1 }),
    size: fc.constant(size),
    path: fc.array(buffer(32, 32), { maxLength: 10 }),
    item: buffer(1, 300),
    batch: buffer(1, 300),
  }),
);

export const filingReceipts: Arbitrary<contracts.FilingReceipt> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  practice,
  event: eventId,
  time,
  office: code,
  procedure: procedureVersion,
  term,
  protocol: fc.option(registration),
  documents: fc.uniqueArray(
    fc.record({ id: documentId, role, mediaType, size, sha256, saltedDigest: sha256 }),
    { maxLength: 4, selector: ({ id }) => id },
  ),
});

export const manifests: Arbitrary<contracts.Manifest> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  event: fc.record({ author: ipa, event: eventId }),
  practice: fc.record({ owner: ipa, uuid: fc.uuid().map(contracts.parsePracticeId) }),
  documents: fc.uniqueArray(
    fc.record({
      id: documentId,
      role: fc.constantFrom(...contracts.LISTED_ROLES),
      mediaType,
      size,
      saltedDigest: sha256,
    }),
    { minLength: 1, maxLength: 5, selector: ({ id }) => id },
  ),
});

export const rootAcceptances: Arbitrary<contracts.RootAcceptance> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  network: line,
  number: count,
  previous: sha256,
  oldRoot: sha256,
  newRoot: sha256,
  time,
});

export const snapshots: Arbitrary<contracts.RegistrySnapshot> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  time,
  head: registryVersion,
  entries: fc.array(buffer(3, 300), { minLength: 1, maxLength: 4 }),
});
