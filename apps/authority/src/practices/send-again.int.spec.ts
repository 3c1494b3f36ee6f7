import { describe, expect, it } from 'vitest';
import { parseEvent, topics } from '#contracts';
import { sha256Hex, verifyAction } from '#evidence';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const [office, counter] = [await Partner.of(city), await Partner.of(province)];
const exchange = new Exchange(network, city, province);

interface ParkedEvent {
  readonly eventId: string;
  readonly code: string;
  readonly reason: string;
  readonly sentence: { readonly it: string; readonly en: string };
  readonly remedy: object;
  readonly voidedBy: string | null;
}

const parkedAt = async (partner: Partner, query = '') =>
  (await partner.get<{ events: ParkedEvent[]; next: string | null }>(`/v1/events/parked${query}`)).events;
const rerun = (partner: Partner, practice: string, event: string, key?: string) =>
  partner.call(`/v1/practices/${practice}/events/${event}/rerun`, {
    method: 'POST',
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });
const statusOf = async (partner: Partner, practice: string, event: string) =>
  (
    await partner.get<{ events: { eventId: string; status: string }[] }>(`/v1/practices/${practice}/events`)
  ).events.find(({ eventId }) => eventId === event)?.status;

/** An act of the province's that the router has parked. */
async function parkedAct() {
  const { practiceId: practice } = await office.filed();
  await exchange.settle();
  await counter.act(practice, { type: 'conclusion.issued', outcome: 'favourable' });
  const [sent] = await takeOutbox(province);
  if (sent === undefined) throw new Error('nothing was sent');
  await exchange.park(province, sent.value, 'PROCEDURE_UNKNOWN');
  return { practice, bytes: sent.value, event: parseEvent(sent.value) };
}

describe('what the router parked of a node’s own', () => {
  it('is listed there with code, the router’s words, sentence and remedy, and shows in the node’s health', async () => {
    const { practice, event } = await parkedAct();
    const listed = (await parkedAt(counter)).find(({ eventId }) => eventId === event.id);
    expect(listed).toMatchObject({
      type: 'conclusion.issued',
      practice: { owner: 'c_d150', uuid: practice },
      where: 'router',
      code: 'PROCEDURE_UNKNOWN',
      reason: 'what was wrong',
      sentence: { it: expect.any(String) as string, en: expect.any(String) as string },
      remedy: { it: expect.any(String) as string, en: expect.any(String) as string },
      parkedAt: expect.stringMatching(/Z$/) as string,
      voidedBy: null,
    });
    expect(await parkedAt(counter, '?code=EQUIVOCATION')).toEqual([]);
    const { checks } = await counter.get<{ checks: Record<string, object> }>('/health');
    expect(checks['parked-events']).toMatchObject({
      status: 'degraded',
      detail: expect.stringMatching(/^\d+ parked by the router: PROCEDURE_UNKNOWN \d+$/) as string,
    });
    const { checks: others } = await office.get<{ checks: Record<string, object> }>('/health');
    expect(others['parked-events']).toEqual({ status: 'up', detail: '0 parked by the router' });
  });

  it('is listed by pages, and with the act that voids it', async () => {
    const { practice, event, bytes } = await parkedAct();
    const first = await counter.get<{ events: ParkedEvent[]; next: string }>('/v1/events/parked?limit=1');
    const [second] = await parkedAt(counter, `?limit=1&after=${first.next}`);
    expect(second?.eventId).not.toBe(first.events[0]?.eventId);
    const { json } = await counter.act(practice, {
      type: 'event.voided',
      event: event.id,
      number: String(event.sequence.number),
      digest: sha256Hex(bytes),
    });
    const voided = (await parkedAt(counter)).find(({ eventId }) => eventId === event.id);
    expect(voided?.voidedBy).toBe(json?.['eventId']);
    expect((await rerun(counter, practice, event.id)).json).toMatchObject({ code: 'EVENT_VOIDED' });
  });
});

describe('a parked event that is sent again', () => {
  it('goes out with the same bytes, gets its place when it passes, and the request is an action', async () => {
    const { practice, event, bytes } = await parkedAct();
    const first = await rerun(counter, practice, event.id, 'again');
    expect(first).toMatchObject({ status: 202, json: { eventId: event.id, status: 'provisional' } });
    expect((await rerun(counter, practice, event.id, 'again')).json).toEqual(first.json);
    expect(await statusOf(counter, practice, event.id)).toBe('provisional');
    const [sent, acted, ...more] = await takeOutbox(province);
    expect(sent).toMatchObject({ topics: [topics.outbox(province.ipa)], key: `c_d150/${practice}` });
    expect(sent?.value.equals(bytes)).toBe(true);
    expect(acted?.topics).toEqual([topics.actions]);
    expect(more).toEqual([]);
    const { action } = verifyAction(acted!.value, network.registry, network.clock.now());
    expect(action).toMatchObject({
      id: first.json?.['action'],
      kind: 'event.sent-again',
      event: { author: 'p_cr', id: event.id },
      practice: { owner: 'c_d150', uuid: practice },
    });
    await exchange.deliver(await exchange.decide(sent!.value));
    expect(await statusOf(counter, practice, event.id)).toBe('accepted');
    expect(await statusOf(office, practice, event.id)).toBe('accepted');
    expect((await rerun(counter, practice, event.id)).json).toMatchObject({ code: 'EVENT_NOT_PARKED' });
  });

  it('is parked again, with the new reason, when it fails again', async () => {
    const { practice, event, bytes } = await parkedAct();
    await rerun(counter, practice, event.id);
    await exchange.park(province, bytes, 'TYPE_NOT_GRANTED');
    expect(await statusOf(counter, practice, event.id)).toBe('parked');
    const listed = (await parkedAt(counter)).find(({ eventId }) => eventId === event.id);
    expect(listed?.code).toBe('TYPE_NOT_GRANTED');
  });

  it('is sent once by two who ask at the same moment, and only by who may act', async () => {
    const { practice, event } = await parkedAct();
    const answers = await Promise.all([1, 2, 3].map(() => rerun(counter, practice, event.id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    const reader = await Partner.of(province, 'read');
    expect((await rerun(reader, practice, event.id)).json).toMatchObject({ code: 'SCOPE_MISSING' });
    expect((await rerun(office, practice, event.id)).json).toMatchObject({ code: 'EVENT_NOT_FOUND' });
  });
});

describe('a record that a node had parked', () => {
  it('closes its entry when it is read again and passes now', async () => {
    const { practiceId } = await office.filed();
    const [filing] = await takeOutbox(city);
    const decided = await exchange.decide(filing!.value);
    await exchange.deliver(decided);
    await province.rows(
      `insert into quarantine (id, origin, headers, bytes, code, reason, status, parked_at)
       values (gen_random_uuid(), '{"topic":"t","partition":0,"offset":"1"}', '{}', $1, 'XSD_INVALID', '', 'parked', now())`,
      [filing!.value],
    );
    await exchange.deliver(decided);
    const rows = await province.rows<{ status: string }>('select status from quarantine where bytes = $1', [
      filing!.value,
    ]);
    expect(rows).toEqual([{ status: 'released' }]);
    expect(await statusOf(counter, practiceId, parseEvent(filing!.value).id)).toBe('accepted');
  });
});
