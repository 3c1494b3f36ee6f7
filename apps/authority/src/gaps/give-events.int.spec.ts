import { beforeAll, describe, expect, it } from 'vitest';
import type { IpaCode, PracticeId } from '#contracts';
import { realNetwork, TestNode, holderFiles } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { fetchEvents, type FetchedEvent } from './fetch-events.ts';
import { JudgeFetched } from './judge-fetched.ts';
import { clientAs, neighbour } from './peers.fixture.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const office = await Partner.of(city);
const client = clientAs('p_cr');
const stranger = clientAs('c_d142');
const auditor = clientAs('auditor');
const router = clientAs('router-1');

/** A practice of four events that the Comune has whole and the Provincia not at all. */
async function practiceOfTheCity() {
  const exchange = new Exchange(network, city);
  const { practiceId } = await office.filed();
  await exchange.settle();
  for (let act = 0; act < 3; act += 1) {
    await office.act(practiceId, { type: 'integration.requested', days: '5' });
    await exchange.settle();
  }
  const practice = { owner: 'c_d150' as IpaCode, uuid: practiceId as PracticeId };
  return { practice, decided: exchange.decided };
}

describe('what a node gives of a practice', () => {
  let made: Awaited<ReturnType<typeof practiceOfTheCity>>;
  const path = (suffix: string) => `v1/practices/c_d150/${made.practice.uuid}/${suffix}`;

  beforeAll(async () => {
    await takeOutbox(city);
    made = await practiceOfTheCity();
  });

  it('is every event in the range with its decision, byte for byte, to the node of a participant', async () => {
    const page = await fetchEvents(client, neighbour(city), made.practice, { from: 2, to: 9 });
    expect(page).toMatchObject({ head: 4, more: false });
    expect(page.events.map(({ position }) => position)).toEqual([2, 3, 4]);
    for (const [index, { bytes, decisionBytes }] of page.events.entries()) {
      const { signed, item } = made.decided[index + 1]!;
      expect([bytes.equals(signed.bytes), decisionBytes.equals(item)]).toEqual([true, true]);
    }
  });

  it('is its own events to a router that misses one, and nobody else’s', async () => {
    const page = (await router.get(neighbour(city), path('own-events?from=3'))) as {
      events: { number: number; event: string }[];
    };
    expect(page.events.map(({ number }) => number)).toEqual([3, 4]);
    expect(Buffer.from(page.events[0]!.event, 'base64').equals(made.decided[2]!.signed.bytes)).toBe(true);
    await expect(client.get(neighbour(city), path('own-events?from=1'))).rejects.toMatchObject({
      code: 'PEER_REFUSED',
      details: { status: 403, code: 'PEER_NOT_RECOGNISED' },
    });
  });

  it.each([
    ['a member that takes no part', stranger, 'events?from=1&to=1', 403, 'NOT_A_PARTICIPANT'],
    ['a service that is no member', auditor, 'events?from=1&to=1', 403, 'PEER_NOT_RECOGNISED'],
    ['one that asks backwards', client, 'events?from=2&to=1', 400, 'REQUEST_INVALID'],
    ['one that asks for no position', client, 'events?from=0&to=1', 400, 'REQUEST_INVALID'],
  ])('is refused to %s', async (_, caller, suffix, status, code) => {
    await expect(caller.get(neighbour(city), path(suffix))).rejects.toMatchObject({
      details: { status, code },
    });
  });

  it('is refused on the partners’ port', async () => {
    expect((await office.call(`/${path('events?from=1&to=1')}`)).json).toMatchObject({
      code: 'CLIENT_CERTIFICATE_MISSING',
    });
  });

  it('is refused to a certificate that was revoked', async () => {
    const other = await realNetwork();
    const node = await TestNode.start(other, 'c_d150');
    const ask = client.get(neighbour(node), path('events?from=1&to=1'));
    await expect(ask).rejects.toMatchObject({ details: { code: 'PRACTICE_NOT_FOUND' } });
    await other.publish({
      kind: 'certificate.revoked',
      fingerprint: holderFiles('p_cr').transport.fingerprint as never,
      revokedFrom: new Date(Date.now() - 1000).toISOString(),
      reason: 'key-compromise',
    });
    const again = client.get(neighbour(node), path('events?from=1&to=1'));
    await expect(again).rejects.toMatchObject({ details: { code: 'PEER_NOT_RECOGNISED' } });
  });
});

describe('an event that a neighbour gave', () => {
  const judge = new JudgeFetched(province.parts, province.receive);

  it('is judged as any record of the inbox: folded in its turn, waiting before it, once', async () => {
    const { practice } = await practiceOfTheCity();
    const { events } = await fetchEvents(client, neighbour(city), practice, { from: 1, to: 4 });
    const [first, second, third] = events as [FetchedEvent, FetchedEvent, FetchedEvent];
    expect(await judge.run(third)).toBe('waiting');
    expect(await judge.run(first)).toBe('taken');
    expect(await judge.run(second)).toBe('taken');
    expect(await judge.run(second)).toBe('taken');
    const [row] = await province.rows('select position from practice where uuid = $1', [practice.uuid]);
    expect(row).toEqual({ position: 3 });
  });

  it('leaves nothing behind when it does not pass', async () => {
    const { practice } = await practiceOfTheCity();
    const { events } = await fetchEvents(client, neighbour(city), practice, { from: 1, to: 2 });
    const [first, second] = events as [FetchedEvent, FetchedEvent];
    await takeOutbox(province);
    const mixed = { ...first, decisionBytes: second.decisionBytes };
    await expect(judge.run(mixed)).rejects.toMatchObject({ code: 'DECISION_MISMATCH' });
    const left = ['event', 'seen', 'quarantine', 'feed', 'outbox'].map(
      (table) => `select count(*)::int as n from ${table} where ${table}::text like $1`,
    );
    for (const sql of left) expect(await province.rows(sql, [`%${first.event.id}%`])).toEqual([{ n: 0 }]);
    expect(await takeOutbox(province)).toEqual([]);
  });
});
