import { describe, expect, it } from 'vitest';
import { parseEvent, stateDigest, type PracticeState } from '#contracts';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const [office, counter] = [await Partner.of(city), await Partner.of(province)];
const exchange = new Exchange(network, city, province);
const PDF = Buffer.from('%PDF-1.7 the act');
const OPINION = { type: 'conclusion.issued', outcome: 'favourable' };

async function placedPractice(): Promise<string> {
  const { practiceId } = await office.filed();
  await exchange.settle();
  return practiceId;
}

interface EventRow {
  readonly author: string;
  readonly number: number;
  readonly position: number | null;
  readonly digest: string;
  readonly status: string;
}

const eventsOf = (partner: Partner, practice: string) =>
  partner.get<{ events: EventRow[] }>(`/v1/practices/${practice}/events`).then(({ events }) => events);

describe('an act', () => {
  it('is signed, provisional until its position is back, and then at the same position everywhere', async () => {
    const practice = await placedPractice();
    const { status, json } = await counter.act(practice, OPINION, { document: PDF });
    expect(status).toBe(201);
    expect(json).toMatchObject({ practiceId: practice, type: 'conclusion.issued', status: 'provisional' });
    expect((await eventsOf(counter, practice)).at(-1)).toMatchObject({
      status: 'provisional',
      position: null,
    });
    await exchange.settle();
    for (const partner of [office, counter]) {
      const view = await partner.get<{ conclusions: unknown[]; position: number }>(
        `/v1/practices/${practice}`,
      );
      expect(view).toMatchObject({
        position: 2,
        conclusions: [{ authority: 'p_cr', outcome: 'favourable' }],
      });
    }
    const act = exchange.decided.at(-1)?.signed.event;
    expect(act).toMatchObject({
      author: { ipa: 'p_cr' },
      documents: [
        { role: 'act', mediaType: 'application/pdf', size: PDF.length },
        { role: 'segnatura', mediaType: 'application/xml' },
      ],
    });
  });

  it('names the event that it answers, and the term that it gives', async () => {
    const practice = await placedPractice();
    const [filing] = await eventsOf(office, practice);
    const cause = (await eventsOf(counter, practice))[0] as EventRow & { eventId: string };
    expect(filing?.digest).toBe(cause.digest);
    const fields = {
      type: 'integration.requested',
      days: '30',
      causeAuthor: 'c_d150',
      causeEvent: cause.eventId,
    };
    const { json } = await counter.act(practice, fields);
    const { bytes } = await counter.call(`/v1/practices/${practice}/events/${String(json?.['eventId'])}`);
    expect(parseEvent(bytes)).toMatchObject({
      cause: { author: 'c_d150', event: cause.eventId },
      body: { type: 'integration.requested', term: { days: 30, kind: 'calendar' } },
    });
  });

  it.each([
    ['of an unknown type', { type: 'practice.forgotten' }, () => office, 400, 'REQUEST_INVALID', false],
    ['that is a filing', { type: 'practice.filed' }, () => office, 400, 'REQUEST_INVALID', false],
    ['without its outcome', { type: 'conclusion.issued' }, () => counter, 400, 'REQUEST_INVALID', false],
    ['without its term', { type: 'integration.requested' }, () => office, 400, 'REQUEST_INVALID', false],
    [
      'of the owner’s, by another',
      { type: 'proceeding.ended', outcome: 'positive' },
      () => counter,
      403,
      'TYPE_NOT_GRANTED',
      false,
    ],
    ['on a practice that has no position yet', OPINION, () => office, 409, 'PRACTICE_NOT_PLACED', true],
  ])('%s is refused and leaves nothing', async (_, fields, who, status, code, early) => {
    const partner = who();
    const practice = early ? (await office.filed()).practiceId : await placedPractice();
    const before = await eventsOf(partner, practice);
    const stored = (await partner.node.stored()).length;
    const answer = await partner.act(practice, fields, { document: PDF });
    expect(answer.json).toMatchObject({ status, code });
    expect(await eventsOf(partner, practice)).toEqual(before);
    expect(await partner.node.stored()).toHaveLength(stored);
    await exchange.settle();
  });

  it('on a practice that this node does not take part in is refused', async () => {
    const crema = await Partner.of(await TestNode.start(network, 'c_d142'));
    expect((await crema.act(await placedPractice(), OPINION)).json).toMatchObject({
      code: 'PRACTICE_NOT_FOUND',
    });
  });

  it('is one, with one answer, however often it is sent with one key', async () => {
    const practice = await placedPractice();
    const send = () => counter.act(practice, OPINION, { document: PDF, key: 'opinion' });
    const answers = await Promise.all([send(), send(), send()]);
    expect(new Set(answers.map(({ bytes }) => bytes.toString())).size).toBe(1);
    expect(await eventsOf(counter, practice)).toHaveLength(2);
    const other = await counter.act(
      practice,
      { ...OPINION, outcome: 'unfavourable' },
      { document: PDF, key: 'opinion' },
    );
    expect(other.json).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    await exchange.settle();
  });

  it('needs the scope', async () => {
    const filer = await Partner.of(city, 'file', 'read');
    expect((await filer.act(await placedPractice(), OPINION)).json).toMatchObject({ code: 'SCOPE_MISSING' });
  });
});

describe('many acts at the same moment', () => {
  it('a hundred by one node on one practice get consecutive numbers, each naming the one before', async () => {
    const practice = await placedPractice();
    const answers = await Promise.all(Array.from({ length: 100 }, () => counter.act(practice, OPINION)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const own = (await takeOutbox(province)).map(({ value }) => parseEvent(value).sequence);
    expect(own.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    const digests = (await eventsOf(counter, practice))
      .filter(({ author }) => author === 'p_cr')
      .sort((one, other) => one.number - other.number)
      .map(({ digest }) => digest);
    expect(own.map(({ previous }) => previous)).toEqual([null, ...digests.slice(0, -1)]);
  }, 60_000);

  it('by two nodes on one practice end in one state, at the same positions, on both', async () => {
    const practice = await placedPractice();
    const request = { type: 'integration.requested', days: '10' };
    await Promise.all(
      Array.from({ length: 25 }, () => [
        counter.act(practice, OPINION),
        office.act(practice, request),
      ]).flat(),
    );
    await exchange.settle();
    const [one, other] = await Promise.all(
      [city, province].map(async (node) => {
        const [row] = await node.rows<{ state: PracticeState }>(
          'select state from practice where uuid = $1',
          [practice],
        );
        if (row === undefined) throw new Error('no practice');
        return { position: row.state.position, digest: stateDigest(row.state) };
      }),
    );
    expect(one?.position).toBe(51);
    expect(one).toEqual(other);
    const places = (await eventsOf(office, practice)).map(({ position, digest }) => ({ position, digest }));
    expect((await eventsOf(counter, practice)).map(({ position, digest }) => ({ position, digest }))).toEqual(
      places,
    );
  }, 60_000);
});

describe('an event that the router parked', () => {
  it('is closed by its author’s voiding, which names its number and digest', async () => {
    const { practiceId } = await office.filed();
    const [sent] = await takeOutbox(city);
    const [event] = (await eventsOf(office, practiceId)) as (EventRow & { eventId: string })[];
    const headers = { hub_class: Buffer.from('parked'), hub_code: Buffer.from('FACTS_NOT_DECLARED') };
    const notice = {
      topic: 'practice.inbox.c_d150',
      partition: 0,
      offset: `n ${practiceId}`,
      key: null,
      timestamp: new Date(),
    };
    await city.receive.run([{ ...notice, headers, value: sent?.value ?? Buffer.alloc(0) }]);
    const fields = {
      type: 'event.voided',
      event: event?.eventId ?? '',
      number: String(event?.number),
      digest: event?.digest ?? '',
    };
    expect((await office.act(practiceId, fields)).status).toBe(201);
    const [voiding] = await takeOutbox(city);
    expect(parseEvent(voiding?.value ?? Buffer.alloc(0))).toMatchObject({
      type: 'event.voided',
      sequence: { number: 2, previous: event?.digest },
      body: { event: event?.eventId, reason: 'parked' },
    });
  });
});
