import { afterAll, describe, expect, it } from 'vitest';
import { parseIpaCode, parseSha256, topics, type HubEvent } from '#contracts';
import type { ErrorCode } from '#errors';
import type { IncomingRecord } from '#messaging';
import {
  aNetwork,
  anEvent,
  aPractice,
  freshDatabase,
  outboxRecord,
  TEST_NOW,
  TestClock,
  type EventBuilder,
} from '#testing';
import { TestRouter } from '../../test/test-router.ts';

const clock = new TestClock(TEST_NOW);
const network = await aNetwork().at(clock).founded();
const router = await TestRouter.open(await freshDatabase(), network);
afterAll(() => router.close());

const filing = () => anEvent(network);
const replaced = (text: string | RegExp, by: string) =>
  filing().spoilt((signed) => Buffer.from(signed.toString().replace(text, by)));
const filed = async (builder: EventBuilder, other: Partial<IncomingRecord> = {}) =>
  outboxRecord(await builder.signed(), other);

/** An act in a practice that is filed already. */
async function inFiledPractice(
  act: (practice: ReturnType<typeof aPractice>) => EventBuilder,
): Promise<IncomingRecord> {
  const practice = aPractice(network);
  await router.deliver(await filed(practice.filedBy('c_d150')));
  return await filed(act(practice));
}

const CASES: readonly (readonly [string, ErrorCode, () => Promise<IncomingRecord>])[] = [
  ['malformed XML', 'SIGNED_DOCUMENT_MALFORMED', () => filed(replaced('</Event>', ''))],
  ['no XML at all', 'SIGNED_DOCUMENT_MALFORMED', () => filed(filing().spoilt(() => Buffer.from('42')))],
  ['nothing', 'SIGNED_DOCUMENT_MALFORMED', () => filed(filing().spoilt(() => Buffer.alloc(0)))],
  [
    'an event over 512 KiB',
    'SIGNED_DOCUMENT_TOO_LARGE',
    () => filed(filing().spoilt(() => Buffer.alloc(524_289, 'a'))),
  ],
  [
    'a record too large to be sent on',
    'SIGNED_DOCUMENT_TOO_LARGE',
    () => filed(filing().spoilt(() => Buffer.alloc(1_000_000, 'a'))),
  ],
  ['a DTD', 'DTD_FORBIDDEN', () => filed(replaced(/^/, '<!DOCTYPE Event SYSTEM "file:///etc/passwd">'))],
  [
    'an external entity',
    'DTD_FORBIDDEN',
    () => filed(replaced(/^/, '<!DOCTYPE Event [<!ENTITY x SYSTEM "file:///etc/passwd">]>')),
  ],
  [
    'an event that breaks the XSD',
    'XSD_INVALID',
    () => filed(filing().with({ author: { ipa: parseIpaCode('c_d150'), office: 'free text here' } })),
  ],
  ['an unknown procedure', 'PROCEDURE_UNKNOWN', () => filed(filing().procedure('edilizia.ignota'))],
  ['an unknown municipality', 'MUNICIPALITY_UNKNOWN', () => filed(filing().territory('999999'))],
  [
    'a form that the procedure does not accept',
    'FORM_NOT_ACCEPTED',
    async () => filed(filing().with({ body: await formOf('tributi.tari') })),
  ],
  ['a form that is not among the documents', 'FORM_DOCUMENT_MISSING', () => filed(filing().withoutForm())],
  ['a fact that is not declared', 'FACTS_NOT_DECLARED', () => filed(filing().withFact('cognome', 'x'))],
  ['an unsigned event', 'SIGNATURE_MISSING', () => filed(filing().unsigned())],
  ['a tampered event', 'REFERENCE_DIGEST_MISMATCH', () => filed(filing().tampered())],
  [
    'a certificate that is not the author’s',
    'CERTIFICATE_NOT_OF_AUTHOR',
    () => filed(filing().signedBy('p_cr')),
  ],
  ['a certificate without the role', 'CERTIFICATE_ROLE_WRONG', () => filed(filing().signedBy('router-1'))],
  [
    'an event in another member’s outbox',
    'AUTHOR_NOT_OF_TOPIC',
    () => filed(filing(), { topic: topics.outbox(parseIpaCode('c_d142')) }),
  ],
  [
    'a header that disagrees with the body',
    'HEADER_BODY_MISMATCH',
    () => filed(filing().withHeader('ce_type', 'proceeding.ended')),
  ],
  ['a missing header', 'HEADER_BODY_MISMATCH', () => filed(filing().withHeader('ce_id', undefined))],
  [
    'a registry version of another network',
    'REGISTRY_VERSION_DIFFERS',
    () => filed(filing().with({ registry: { number: 1, digest: parseSha256('ab'.repeat(32)) } })),
  ],
  ['a filing under another’s practice', 'NOT_THE_OWNER', () => filed(underAnothersPractice())],
  [
    'an act on a practice that is not filed',
    'PRACTICE_UNKNOWN',
    () => filed(aPractice(network).actBy('p_cr')),
  ],
  [
    'an act by a non-participant',
    'NOT_A_PARTICIPANT',
    () => inFiledPractice((practice) => practice.actBy('c_d142')),
  ],
  [
    'an act of a type that is not granted',
    'TYPE_NOT_GRANTED',
    () => inFiledPractice((practice) => practice.actBy('p_cr', 'proceeding.ended')),
  ],
  [
    'a second filing of a practice',
    'PRACTICE_ALREADY_FILED',
    () => inFiledPractice((practice) => practice.filedBy('c_d150')),
  ],
];

async function formOf(procedure: string): Promise<HubEvent['body']> {
  return (await filing().procedure(procedure).signed()).event.body;
}

function underAnothersPractice(): EventBuilder {
  const practice = aPractice(network);
  practice.filedBy('c_d150');
  return practice.actBy('c_d142', 'practice.filed');
}

describe('bad input', () => {
  it.each(CASES)('parks %s alone, with its code: %s', async (_, code, build) => {
    const bad = await build();
    const [before, after] = [await filed(filing()), await filed(filing())];
    await router.drain();
    expect(await router.deliver(before, bad, after)).toEqual(['done', code, 'done']);
    const entry = await router.lastParked();
    const { topic, partition, offset } = bad;
    expect(entry).toMatchObject({ code, status: 'parked', origin: { topic, partition, offset } });
    expect(entry.bytes.equals(bad.value)).toBe(true);
    const notices = (await router.outbox()).filter(({ headers }) => headers['hub_class'] === 'parked');
    expect(notices.map((notice) => notice.topics)).toEqual([
      [topics.quarantine, topic.replace('outbox', 'inbox')],
    ]);
    expect(notices[0]?.headers).toMatchObject({
      hub_code: code,
      hub_origin: `${topic}/${partition}/${offset}`,
    });
    expect(notices[0]?.value.equals(bad.value.length < 800_000 ? bad.value : Buffer.alloc(0))).toBe(true);
    // Delivered again, it stays one entry, and nobody is told twice.
    expect(await router.deliver(bad)).toEqual([code]);
    expect(await router.outbox()).toHaveLength(5);
    expect(await router.lastParked()).toEqual(entry);
  });

  it('keeps what it can of headers that no database takes', async () => {
    const bad = await filed(filing().tampered());
    const headers = { ...bad.headers, 'a\u0000b': Buffer.from('x'), ce_id: Buffer.from('a\u0000b') };
    expect(await router.deliver({ ...bad, headers })).toEqual(['REFERENCE_DIGEST_MISMATCH']);
  });

  it('parks an event signed with a revoked key, whatever time it claims', async () => {
    const network2 = await aNetwork().at(clock).founded();
    const other = await TestRouter.open(await freshDatabase(), network2);
    const signed = await anEvent(network2).signed();
    await network2.revoke('c_d150', new Date(TEST_NOW.getTime() - 1_000));
    expect(await other.deliver(outboxRecord(signed))).toEqual(['KEY_REVOKED_BEFORE_ARRIVAL']);
    await other.close();
  });

  it('parks an event whose registry version has not come within the bound, and not before', async () => {
    const registry = { number: network.entries.length + 1, digest: parseSha256('ab'.repeat(32)) };
    const record = await filed(filing().with({ registry }), { timestamp: new Date(0) });
    expect(await router.deliver(record)).toEqual(['retry']);
    clock.advance(14 * 60_000);
    expect(await router.deliver(record)).toEqual(['retry']);
    clock.advance(60_000);
    expect(await router.deliver(record)).toEqual(['REGISTRY_VERSION_DIFFERS']);
  });
});

describe('an event whose SigningTime runs ahead', () => {
  const MINUTE = 60_000;

  it('waits, and passes once it is no more than 15 minutes ahead', async () => {
    const ahead = await filing()
      .signedAt(new Date(clock.now().getTime() + 16 * MINUTE))
      .signed();
    expect(await router.deliver(outboxRecord(ahead))).toEqual(['retry']);
    clock.advance(MINUTE);
    expect(await router.deliver(outboxRecord(ahead))).toEqual(['done']);
  });

  it('is parked when it still is too far ahead after 15 minutes of trying', async () => {
    const ahead = await filing()
      .signedAt(new Date(clock.now().getTime() + 60 * MINUTE))
      .signed();
    const record = outboxRecord(ahead);
    expect(await router.deliver(record)).toEqual(['retry']);
    clock.advance(14 * MINUTE);
    expect(await router.deliver(record)).toEqual(['retry']);
    clock.advance(MINUTE);
    expect(await router.deliver(record)).toEqual(['SIGNING_TIME_IN_FUTURE']);
  });
});

describe('a certificate that the registry does not list', () => {
  it('parks at once if the router has read as far as the author had, and waits otherwise', async () => {
    const unlisted = await aNetwork()
      .at(clock)
      .without((change) => change.kind === 'certificate.published' && change.certificate.holder === 'c_d142')
      .founded();
    const other = await TestRouter.open(await freshDatabase(), unlisted);
    const known = await anEvent(unlisted, 'c_d142').signed();
    const registry = { number: unlisted.entries.length + 1, digest: parseSha256('ab'.repeat(32)) };
    const ahead = await anEvent(unlisted, 'c_d142').with({ registry }).signed();
    expect(await other.deliver(outboxRecord(known), outboxRecord(ahead))).toEqual([
      'CERTIFICATE_UNKNOWN',
      'retry',
    ]);
    await other.close();
  });
});
