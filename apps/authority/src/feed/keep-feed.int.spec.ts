import { describe, expect, it } from 'vitest';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { feedChores } from './keep-feed.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const office = await Partner.of(city);
const counter = await Partner.of(province);
const exchange = new Exchange(network, city, province);

interface Page {
  readonly items: readonly { readonly uuid: string; readonly cursor: string }[];
  readonly next: string;
}

/** Does the housekeeping of a day. */
async function keep(node: TestNode, day: Date, keptDays = 400): Promise<void> {
  for (const chore of feedChores({ keptDays })) await chore(node.parts.work, day);
}

/**
 * A page of the feed with something on it. What has just been written appears when no transaction that is older is open
 * on the server, and others use it at the same time.
 */
const pageOf = (path: string): Promise<Page> =>
  until('the feed shows what was written', async () => {
    const page = await office.get<Page>(path);
    return page.items.length > 0 ? page : undefined;
  });

const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);

describe('the feed by months', () => {
  it('is dropped month by month when it is past its time: who comes with an older cursor is told, who starts anew reads on', async () => {
    await keep(city, new Date());
    await office.filed();
    await exchange.settle();
    const old = await pageOf('/v1/feed?limit=1');
    const early = old.items[0]?.cursor;
    await keep(city, inDays(100), 30);
    expect(await city.rows('select 1 from feed')).toEqual([]);

    const late = await office.call(`/v1/feed?after=${early}`);
    expect([late.status, late.json?.['code']]).toEqual([410, 'CURSOR_EXPIRED']);
    await office.filed();
    await exchange.settle();
    const anew = await pageOf('/v1/feed?limit=1000');
    expect((await office.call(`/v1/feed?after=${anew.items[0]?.cursor}`)).status).toBe(200);
  });

  it('gives who was up to date everything that came since, however much was dropped behind it', async () => {
    await office.filed();
    await exchange.settle();
    const { next } = await pageOf('/v1/feed?limit=1000');
    await keep(city, inDays(200), 30);
    expect((await office.get<Page>(`/v1/feed?after=${next}`)).items).toEqual([]);
    const { practiceId } = await office.filed();
    await exchange.settle();
    const page = await pageOf(`/v1/feed?after=${next}`);
    expect(page.items.map(({ uuid }) => uuid)).toContain(practiceId);
  });

  it('forgets, and the node does not: an event that comes again after its feed and outbox were pruned has no second effect', async () => {
    await office.filed();
    await exchange.settle();
    const decided = exchange.decided.at(-1)!;
    const before = await province.rows(
      'select author, event_id, position, status from event order by position',
    );
    await keep(province, inDays(300), 30);
    await province.rows('truncate outbox');
    const { events: shown } = await counter.get<{ readonly events: readonly unknown[] }>(
      `/v1/practices/${decided.decision.practice.uuid}/events`,
    );
    await exchange.deliver(decided);
    expect(
      await province.rows('select author, event_id, position, status from event order by position'),
    ).toEqual(before);
    expect(await province.rows('select 1 from feed')).toEqual([]);
    expect(await province.rows('select 1 from outbox')).toEqual([]);
    expect(shown).toHaveLength(1);
  });
});
