import { describe, expect, it } from 'vitest';
import { cloudEventHeaders, HUB_HEADERS, parseIpaCode, topics } from '#contracts';
import { sha256Hex, signEvent, verifyEvent } from '#evidence';
import { done, park, type IncomingRecord } from '#messaging';
import { aDecision, anEvent, aPractice, inboxRecord, type DecidedEvent, type SignedEvent } from '#testing';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { receiptsIn, takeOutbox } from '../exchange.fixture.ts';
import { idOf, TestInbox } from '../inbox.fixture.ts';

const network = await realNetwork();
const province = await TestNode.start(network, 'p_cr');
const inbox = await TestInbox.of(province);
const { partner } = inbox;

let offsets = 0;

/** The router's notice that `second` contradicts `first`. */
function noticeOf(second: SignedEvent, first: Buffer | null, decision: Buffer | null = null): IncomingRecord {
  const { event } = second;
  const text = { ...cloudEventHeaders(event), [HUB_HEADERS.class]: 'equivocation' };
  const headers = Object.entries(text).map(([name, value]) => [name, Buffer.from(value)] as const);
  return {
    topic: topics.inbox(parseIpaCode('p_cr')),
    partition: 0,
    offset: `e${(offsets += 1)}`,
    key: null,
    value: second.bytes,
    headers: {
      ...Object.fromEntries(headers),
      ...(first === null ? {} : { [HUB_HEADERS.first]: first }),
      ...(decision === null ? {} : { [HUB_HEADERS.decision]: decision }),
    },
    timestamp: network.clock.now(),
  };
}

interface Evidence {
  readonly first: { readonly bytes: string };
  readonly second: { readonly bytes: string };
}

interface Shown {
  readonly equivocations: readonly {
    readonly id: string;
    readonly kind: string;
    readonly author: string;
    readonly first: { readonly eventId: string };
    readonly second: { readonly eventId: string };
  }[];
}

const shown = async (practice: Parameters<typeof idOf>[0]) =>
  (await partner.get<Shown>(`/v1/practices/${idOf(practice)}`)).equivocations;

/** A received practice, and an act of the Comune's that contradicts the one at position 2. */
async function forked() {
  const made = await inbox.practice(1);
  await inbox.receive(...made.records);
  const first = made.decided[1] as DecidedEvent;
  const { sequence } = first.signed.event;
  const second = await made.practice
    .actBy('c_d150', 'correction.requested')
    .numbered(sequence.number, sequence.previous)
    .signed();
  return { ...made, first, second };
}

describe('the notice that an author has signed twice', () => {
  it('is shown in the practice, in the feed and as evidence, once both events have verified here', async () => {
    const { practice, first, second } = await forked();
    const notice = noticeOf(second, first.signed.bytes, first.item);
    expect(await inbox.receive(notice, notice)).toEqual([done(), done()]);
    const [found, ...others] = await shown(practice);
    expect(found).toMatchObject({
      kind: 'same-number',
      author: 'c_d150',
      first: { eventId: first.signed.event.id },
      second: { eventId: second.event.id },
    });
    expect(others).toEqual([]);
    const evidence = await partner.get<Evidence>(`/v1/equivocations/${found?.id ?? ''}`);
    expect(Buffer.from(evidence.first.bytes, 'base64').equals(first.signed.bytes)).toBe(true);
    expect(Buffer.from(evidence.second.bytes, 'base64').equals(second.bytes)).toBe(true);
    const feed = await province.rows(
      `select type, author from feed where uuid = $1 and kind = 'equivocation'`,
      [idOf(practice)],
    );
    expect(feed).toEqual([{ type: 'same-number', author: 'c_d150' }]);
  });

  it('is believed for an event that is here, when both were too large for one record', async () => {
    const { practice, second } = await forked();
    expect(await inbox.receive(noticeOf(second, null))).toEqual([done()]);
    expect(await shown(practice)).toMatchObject([{ second: { eventId: second.event.id } }]);
  });

  it('changes nothing of the practice itself', async () => {
    const { practice, first, second } = await forked();
    const before = await inbox.timeline(practice);
    await inbox.receive(noticeOf(second, first.signed.bytes, first.item));
    expect(await inbox.timeline(practice)).toEqual(before);
  });

  const tampered = (bytes: Buffer) => Buffer.from(bytes.toString().replace(/office="[^"]*"/, 'office="X"'));
  it.each<[string, string, (one: DecidedEvent, other: SignedEvent) => IncomingRecord]>([
    [
      'whose first event was changed',
      'REFERENCE_DIGEST_MISMATCH',
      (one, other) => noticeOf(other, tampered(one.signed.bytes)),
    ],
    [
      'whose second event was changed',
      'REFERENCE_DIGEST_MISMATCH',
      (one, other) => noticeOf({ ...other, bytes: tampered(other.bytes) }, one.signed.bytes),
    ],
    ['of one event twice', 'EQUIVOCATION_UNPROVEN', (one) => noticeOf(one.signed, one.signed.bytes)],
    [
      'with another event’s decision',
      'EQUIVOCATION_UNPROVEN',
      (one, other) => noticeOf(one.signed, other.bytes, one.item),
    ],
  ])('%s proves nothing and is parked', async (_, code, lie) => {
    const { practice, first, second } = await forked();
    expect(await inbox.receive(lie(first, second))).toEqual([park(code as never)]);
    expect(await shown(practice)).toEqual([]);
  });

  it('of an event that is not here, without that event, proves nothing', async () => {
    const stranger = await anEvent(network).signed();
    expect(await inbox.receive(noticeOf(stranger, null))).toEqual([park('EQUIVOCATION_UNPROVEN')]);
  });

  it('is an alarm until an operator acknowledges it, once however often asked', async () => {
    const { practice, first, second } = await forked();
    await inbox.receive(noticeOf(second, first.signed.bytes));
    const [found] = await shown(practice);
    const path = `/v1/equivocations/${found?.id ?? ''}/acknowledge`;
    const one = await partner.call(path, { method: 'POST' });
    const other = await partner.call(path, { method: 'POST' });
    expect(one.json).toMatchObject({ id: found?.id });
    expect(other.json).toEqual(one.json);
    const missing = await partner.call('/v1/equivocations/00000000-0000-4000-8000-000000000000/acknowledge', {
      method: 'POST',
    });
    expect(missing.json).toMatchObject({ code: 'EQUIVOCATION_NOT_FOUND' });
  });
});

describe('two decided events of one author that contradict each other', () => {
  const told = async (): Promise<string[]> =>
    receiptsIn(await takeOutbox(province)).map(({ kind, code }) => `${kind} ${code}`);

  it('under one number: the second is parked, both are kept and shown, and its author is told', async () => {
    const { practice, participants, second } = await forked();
    await takeOutbox(province);
    const record = inboxRecord(await aDecision(second, 3, { participants }), 'p_cr');
    expect(await inbox.receive(record)).toEqual([park('EQUIVOCATION')]);
    expect(await shown(practice)).toMatchObject([
      { kind: 'same-number', second: { eventId: second.event.id } },
    ]);
    expect(await told()).toEqual(['parked EQUIVOCATION']);
    expect((await inbox.parked()).at(-1)).toMatchObject({ code: 'EQUIVOCATION' });
  });

  it('under one id, in two practices: shown in the one that is here', async () => {
    const { practice, first } = await forked();
    const same = await aPractice(network).filedBy('c_d150').id(first.signed.event.id).signed();
    await takeOutbox(province);
    expect(await inbox.receive(inboxRecord(await aDecision(same, 1), 'p_cr'))).toEqual([
      park('EQUIVOCATION'),
    ]);
    expect(await shown(practice)).toMatchObject([{ kind: 'same-id' }]);
    expect(await told()).toEqual(['parked EQUIVOCATION']);
  });

  it('are one event when one signing has two signature values: the first copy stays, the other is counted', async () => {
    const { practice, participants, records } = await inbox.practice(0);
    await inbox.receive(...records);
    const one = await practice.actBy('c_d150', 'correction.requested').signed();
    // Whoever has the key can give one SignedInfo as many signature values as it likes.
    const { signingTime } = verifyEvent(one.bytes, network.registry, network.clock.now());
    const bytes = await signEvent(one.event, network.signerOf('c_d150'), signingTime);
    const copy = { ...one, bytes, digest: sha256Hex(bytes) };
    expect(bytes.equals(one.bytes)).toBe(false);
    await inbox.receive(inboxRecord(await aDecision(one, 2, { participants }), 'p_cr'));
    expect(await inbox.receive(inboxRecord(await aDecision(copy, 2, { participants }), 'p_cr'))).toEqual([
      done(),
    ]);
    const copies = await province.rows('select digest from malleated_copy where event_id = $1', [
      one.event.id,
    ]);
    expect(copies).toEqual([{ digest: copy.digest }]);
    expect(await shown(practice)).toEqual([]);
  });
});
