import { describe, expect, it } from 'vitest';
import { parseEvent, type HubEvent } from '#contracts';
import type { ErrorCode } from '#errors';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { exampleForm, Partner, type Answer } from '../partner.fixture.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const [office, counter] = [await Partner.of(city), await Partner.of(province)];
const exchange = new Exchange(network, city, province);
const OPINION = { type: 'conclusion.issued', outcome: 'favourable' };

interface EventRow {
  readonly eventId: string;
  readonly author: string;
  readonly number: number;
  readonly position: number | null;
  readonly status: string;
  readonly digest: string;
  readonly replaces: string | null;
  readonly replacedBy: string | null;
}
interface Reissued {
  readonly eventId: string;
  readonly replaces: string;
  readonly followers: readonly { readonly eventId: string; readonly replaces: string }[];
}

const eventsOf = async (partner: Partner, practice: string) =>
  (await partner.get<{ events: EventRow[] }>(`/v1/practices/${practice}/events`)).events;
const reissue = (partner: Partner, practice: string, event: string, key?: string): Promise<Answer> =>
  partner.call(`/v1/practices/${practice}/events/${event}/reissue`, {
    method: 'POST',
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });
const sentBy = async (node: TestNode) =>
  (await takeOutbox(node)).map(({ value }) => ({ bytes: value, event: parseEvent(value) }));

const park = (node: TestNode, bytes: Buffer, code: ErrorCode) => exchange.park(node, bytes, code);

/** What stays when an event is issued again. */
const statement = ({ type, time, author, practice, procedure, territory, facts, body }: HubEvent) => ({
  type,
  time,
  author,
  practice,
  procedure,
  territory,
  facts,
  body,
});

const handedIn = ({ documents }: HubEvent) => documents.filter(({ role }) => role !== 'segnatura');
const sealed = ({ documents }: HubEvent) => documents.filter(({ role }) => role === 'segnatura');

async function placedPractice(): Promise<string> {
  const { practiceId } = await office.filed();
  await exchange.settle();
  return practiceId;
}

async function parkedAct(): Promise<{ readonly practice: string; readonly event: HubEvent }> {
  const practice = await placedPractice();
  await counter.act(practice, OPINION);
  const [sent] = await sentBy(province);
  if (sent === undefined) throw new Error('nothing was sent');
  await park(province, sent.bytes, 'KEY_REVOKED_BEFORE_ARRIVAL');
  return { practice, event: sent.event };
}

describe('a parked event that is issued again', () => {
  it('of a filing keeps practice, CUI, time and documents, and is what participants fetch the documents by', async () => {
    const { practiceId, cui, eventId } = await office.filed({
      attachments: [{ name: 'pianta.pdf', bytes: Buffer.from('%PDF-1.7 pianta') }],
    });
    const [sent] = await sentBy(city);
    await park(city, sent?.bytes ?? Buffer.alloc(0), 'KEY_REVOKED_BEFORE_ARRIVAL');
    const { status, json } = await reissue(office, practiceId, eventId);
    expect(status).toBe(201);
    expect(json).toMatchObject({ cui, practiceId, type: 'practice.filed', replaces: eventId, followers: [] });
    const [again] = await sentBy(city);
    const { event } = again ?? {};
    if (!event || !sent) throw new Error('nothing was sent again');
    expect(statement(event)).toEqual(statement(sent.event));
    expect(event).toMatchObject({
      id: json?.['eventId'],
      replaces: eventId,
      sequence: { number: 1, previous: null },
    });
    expect(handedIn(event)).toEqual(handedIn(sent.event));
    expect(sealed(event)).not.toEqual(sealed(sent.event));
    const decided = await exchange.decide(again?.bytes ?? Buffer.alloc(0));
    await exchange.deliver(decided);
    const { documents } = await office.get<{ documents: { eventId: string; role: string }[] }>(
      `/v1/practices/${practiceId}/documents`,
    );
    const eventsWith = (isSealed: boolean) =>
      documents.filter(({ role }) => (role === 'segnatura') === isSealed).map((one) => one.eventId);
    expect(eventsWith(false)).toEqual([event.id, event.id]);
    expect(eventsWith(true).sort()).toEqual([eventId, event.id].sort());
    expect(await eventsOf(office, practiceId)).toMatchObject([
      { eventId: event.id, status: 'accepted', position: 1, replaces: eventId, replacedBy: null },
      { eventId, status: 'replaced', position: null, replaces: null, replacedBy: event.id },
    ]);
    expect(await eventsOf(counter, practiceId)).toMatchObject([{ eventId: event.id, replaces: eventId }]);
  });

  it('brings the later events of its author along, in order, each behind the one before', async () => {
    const { practice, event } = await parkedAct();
    await counter.act(practice, OPINION);
    await counter.act(practice, { type: 'conclusion.issued', outcome: 'unfavourable' });
    const later = await sentBy(province);
    await park(province, later[0]?.bytes ?? Buffer.alloc(0), 'PREVIOUS_DIGEST_MISMATCH');
    const { json } = await reissue(counter, practice, event.id);
    const { eventId, followers } = json as unknown as Reissued;
    expect(followers.map(({ replaces }) => replaces)).toEqual(later.map((one) => one.event.id));
    const again = (await sentBy(province)).map((one) => one.event);
    expect(again.map(({ id }) => id)).toEqual([eventId, ...followers.map((one) => one.eventId)]);
    const rows = (await eventsOf(counter, practice)).filter(({ status }) => status === 'provisional');
    const digests = rows.sort((one, other) => one.number - other.number).map(({ digest }) => digest);
    expect(again.map(({ sequence }) => sequence)).toEqual([
      { number: 1, previous: null },
      { number: 2, previous: digests[0] },
      { number: 3, previous: digests[1] },
    ]);
    await counter.act(practice, OPINION);
    expect((await sentBy(province)).map((one) => one.event.sequence)).toEqual([
      { number: 4, previous: digests[2] },
    ]);
  });

  it('signs its manifest anew, for it names the event', async () => {
    const attachments = Array.from({ length: 500 }, (_, index) => ({
      name: `${index}.pdf`,
      bytes: Buffer.from('%PDF'),
    }));
    const { practiceId, eventId } = await office.filed({ form: exampleForm(), attachments });
    const [sent] = await sentBy(city);
    await park(city, sent?.bytes ?? Buffer.alloc(0), 'KEY_REVOKED_BEFORE_ARRIVAL');
    expect((await reissue(office, practiceId, eventId)).status).toBe(201);
    const [again] = await sentBy(city);
    const manifestOf = (event: HubEvent | undefined) =>
      event?.documents.find(({ role }) => role === 'manifest')?.id;
    expect(manifestOf(again?.event)).toBeDefined();
    expect(manifestOf(again?.event)).not.toBe(manifestOf(sent?.event));
    const { bytes } = await office.call(`/v1/practices/${practiceId}/documents/${manifestOf(again?.event)}`);
    expect(bytes.toString()).toContain(again?.event.id);
    expect(bytes.toString().match(/<Document /g)).toHaveLength(500);
  });

  it('gives way when the original was placed after all: released before its replacement got there', async () => {
    const { practiceId, eventId } = await office.filed();
    const [sent] = await sentBy(city);
    const original = sent?.bytes ?? Buffer.alloc(0);
    await park(city, original, 'PROCEDURE_UNKNOWN');
    const { json } = await reissue(office, practiceId, eventId);
    const [again] = await sentBy(city);
    await exchange.deliver(await exchange.decide(original));
    await park(city, again?.bytes ?? Buffer.alloc(0), 'REPLACED_EVENT_PLACED');
    expect(await eventsOf(office, practiceId)).toMatchObject([
      { eventId, status: 'accepted', position: 1 },
      { eventId: json?.['eventId'], status: 'parked', position: null },
    ]);
    const { documents } = await office.get<{ documents: { eventId: string; role: string }[] }>(
      `/v1/practices/${practiceId}/documents`,
    );
    expect(documents.find(({ role }) => role === 'form')?.eventId).toBe(eventId);
    expect((await reissue(office, practiceId, String(json?.['eventId']))).json).toMatchObject({
      code: 'REPLACEMENT_MISMATCH',
    });
    await exchange.settle();
  });

  it('is one, with one answer, however often it is asked for with one key', async () => {
    const { practice, event } = await parkedAct();
    const answers = await Promise.all(
      [1, 2, 3].map(() => reissue(counter, practice, event.id, `again-${event.id}`)),
    );
    expect(new Set(answers.map(({ bytes }) => bytes.toString())).size).toBe(1);
    expect(await sentBy(province)).toHaveLength(1);
    expect((await reissue(counter, practice, event.id)).json).toMatchObject({
      status: 409,
      code: 'EVENT_REPLACED',
    });
  });

  it('is refused for what is placed, on its way, voided, another’s or unknown, and leaves nothing', async () => {
    const practice = await placedPractice();
    const [filing] = await eventsOf(office, practice);
    const code = async (partner: Partner, event = '') =>
      (await reissue(partner, practice, event)).json?.['code'];
    expect(await code(office, filing?.eventId)).toBe('REPLACED_EVENT_PLACED');
    expect(await code(counter, filing?.eventId)).toBe('EVENT_NOT_FOUND');
    expect(await code(office, '01990000-0000-7000-8000-ffffffffffff')).toBe('EVENT_NOT_FOUND');
    await counter.act(practice, OPINION);
    const [sent] = await sentBy(province);
    const { id = '', sequence } = sent?.event ?? {};
    expect(await code(counter, id)).toBe('EVENT_NOT_PARKED');
    await park(province, sent?.bytes ?? Buffer.alloc(0), 'TYPE_NOT_GRANTED');
    const digest = (await eventsOf(counter, practice)).find(({ eventId }) => eventId === id)?.digest ?? '';
    await counter.act(practice, {
      type: 'event.voided',
      event: id,
      number: String(sequence?.number),
      digest,
    });
    await takeOutbox(province);
    expect(await code(counter, id)).toBe('EVENT_VOIDED');
    expect(await takeOutbox(province)).toEqual([]);
    const reader = await Partner.of(province, 'read');
    expect(await code(reader, id)).toBe('SCOPE_MISSING');
  });
});
