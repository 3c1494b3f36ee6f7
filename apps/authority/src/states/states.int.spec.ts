import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalState, eventsDigest, stateDigest, type PracticeState } from '#contracts';
import { sha256Hex } from '#evidence';
import type { PeerClient } from '#peers';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { Exchange } from '../exchange.fixture.ts';
import { clientAs, neighbour } from '../gaps/peers.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { NodeStates, type AskedNode, type HeldDigest, type StatesPage, type WantedState } from '#audit';
import type { StateAnswer, StatesAnswer } from './state-shapes.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const office = await Partner.of(city);
const auditor = await Partner.of(city, 'audit');
const exchange = new Exchange(network, city, province);
/** Three practices, of one, two and three events. */
const practices: string[] = [];

beforeAll(async () => {
  for (let acts = 0; acts < 3; acts += 1) {
    const { practiceId } = await office.filed();
    await exchange.settle();
    for (let act = 0; act < acts; act += 1)
      await office.act(practiceId, { type: 'correction.requested', days: '5' });
    await exchange.settle();
    practices.push(`c_d150/${practiceId}`);
  }
});

type Get = <T>(path: string) => Promise<T>;

const byToken: Get = async <T>(path: string) => (await auditor.get<object>(path)) as T;
const byPeer =
  (client: PeerClient): Get =>
  async <T>(path: string) =>
    (await client.get(neighbour(city), path.slice(1))) as T;

/** The node's answers as a replay reads them: verified. */
function statesOf(get: Get): NodeStates {
  const page = ({ batch, items, next }: StatesAnswer): StatesPage => ({
    batch: batch === null ? null : Buffer.from(batch, 'base64'),
    items: items.map((item) => Buffer.from(item, 'base64')),
    next,
  });
  const node: AskedNode = {
    holder: 'c_d150',
    page: async (after) => {
      const cursor = after === null ? '' : `&after=${encodeURIComponent(after)}`;
      return page(await get<StatesAnswer>(`/v1/states?limit=2${cursor}`));
    },
    named: async (wanted) => page(await get<StatesAnswer>(`/v1/states?of=${wanted.map(nameOf).join(',')}`)),
    inFull: async ({ practice, position }) => {
      const path = `/v1/states/${practice}${position === null ? '' : `?position=${position}`}`;
      const { item, state, events } = await get<StateAnswer>(path);
      return { item: Buffer.from(item, 'base64'), state: Buffer.from(state, 'base64'), events };
    },
  };
  return new NodeStates(node, network.registry, () => network.clock.now());
}

function nameOf({ practice, position }: WantedState): string {
  return position === null ? practice : `${practice}/${position}`;
}

async function all(states: NodeStates): Promise<HeldDigest[]> {
  const found: HeldDigest[] = [];
  for await (const held of states.all()) found.push(held);
  return found;
}

const stored = async (practice: string): Promise<PracticeState> => {
  const [row] = await city.rows<{ state: PracticeState }>('select state from practice where uuid = $1', [
    practice.split('/')[1],
  ]);
  return row!.state;
};

/** What placed the events of a practice, up to a position. */
const placed = (practice: string, upTo: number) =>
  exchange.decided
    .filter(({ decision }) => practice.endsWith(decision.practice.uuid) && decision.position <= upTo)
    .map(({ signed, item }) => ({ event: signed.digest, decision: sha256Hex(item) }));

describe('what a node says that it holds', () => {
  it('is a signed digest for each practice, page by page, of the state and of what placed it', async () => {
    const held = await all(statesOf(byToken));
    expect(held.map(({ practice }) => practice)).toEqual(practices.toSorted());
    for (const { practice, position, state, events } of held) {
      expect(position).toBe(practices.indexOf(practice) + 1);
      expect(state).toBe(stateDigest(await stored(practice)));
      expect(events).toBe(eventsDigest(placed(practice, position)));
    }
  });

  it('is, for an earlier position, what its own events give', async () => {
    const [, , practice = ''] = practices;
    const states = statesOf(byToken);
    const [second, last] = await states.named([
      { practice, position: 2 },
      { practice, position: 9 },
      { practice: 'p_cr/3f2504e0-4f89-41d3-9a0c-0305e82c3301', position: null },
    ]);
    expect([second?.position, last?.position]).toEqual([2, 3]);
    expect(second?.events).toBe(eventsDigest(placed(practice, 2)));
    const full = await states.inFull({ practice, position: 2 });
    expect(full.held.state).toBe(second?.state);
    expect(full.state).toMatchObject({ position: 2, acts: [{ position: 1 }, { position: 2 }] });
    expect(full.events.map(({ event, decision }) => ({ event, decision }))).toEqual(placed(practice, 2));
    expect((await states.inFull({ practice, position: null })).state).toEqual(await stored(practice));
  });

  it('is told to the auditor’s node, and to a member of the practices that it takes part in', async () => {
    expect(await all(statesOf(byPeer(clientAs('auditor'))))).toHaveLength(3);
    expect(await all(statesOf(byPeer(clientAs('p_cr'))))).toHaveLength(3);
    const stranger = byPeer(clientAs('c_d142'));
    expect(await all(statesOf(stranger))).toEqual([]);
    await expect(stranger(`/v1/states/${practices[0] ?? ''}`)).rejects.toMatchObject({
      details: { status: 404, code: 'PRACTICE_NOT_FOUND' },
    });
  });

  it('is noted as an access of whoever asks with a token: the list as one, a state in full as one to its practice', async () => {
    const [practice = ''] = practices;
    const since = (await city.rows<{ n: number }>('select count(*)::int as n from access_record'))[0]!.n;
    await byToken('/v1/states');
    await byToken(`/v1/states/${practice}`);
    const noted = await city.rows<{ owner: string | null; uuid: string | null }>(
      'select owner, uuid from access_record order by at, id offset $1',
      [since],
    );
    expect(noted.map(({ owner, uuid }) => (owner === null ? 'list' : `${owner}/${uuid ?? ''}`))).toEqual([
      'list',
      practice,
    ]);
  });

  it.each([
    ['without a token', undefined, 401, 'TOKEN_MISSING'],
    ['with a token of another scope', 'read', 403, 'SCOPE_MISSING'],
  ] as const)('is refused to one %s', async (_, scope, status, code) => {
    const token = scope === undefined ? undefined : await city.token(scope);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    for (const path of ['/v1/states', `/v1/states/${practices[0] ?? ''}`]) {
      const answer = await fetch(new URL(path, city.http.url), { headers });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
    }
  });

  it('is refused to a router’s node', async () => {
    await expect(byPeer(clientAs('router-1'))('/v1/states')).rejects.toMatchObject({
      details: { status: 403, code: 'PEER_NOT_RECOGNISED' },
    });
  });

  it.each([
    'of=pratica',
    'of=c_d150/x',
    'limit=0',
    'limit=501',
    'after=x',
    'of=c_d150/3f2504e0-4f89-41d3-9a0c-0305e82c3301/0',
  ])('is not asked for with %s', async (query) => {
    expect((await auditor.call(`/v1/states?${query}`)).status).toBe(400);
  });

  it('is another digest once a field, or a column beside it, is changed by hand', async () => {
    const [practice = ''] = practices;
    const uuid = practice.split('/')[1];
    const states = statesOf(byToken);
    const honest = await stored(practice);
    const changed = async (set: string) => {
      await city.rows(`update practice set ${set} where uuid = $1`, [uuid]);
      return await states.inFull({ practice, position: null });
    };
    const back = `state = convert_from(decode('${canonicalState(honest).toString('hex')}', 'hex'), 'UTF8')::jsonb`;
    const field = await changed(`state = jsonb_set(state, '{terms,0,due}', '"2030-01-01"')`);
    expect((field.state as PracticeState).terms[0]?.due).toBe('2030-01-01');
    expect(field.held.state).not.toBe(stateDigest(honest));
    const column = await changed(`${back}, state_code = 'refused'`);
    expect(column.state).toEqual({ ...honest, beside: { state: 'refused' } });
    const mended = await changed(`state_code = '${honest.state}'`);
    expect(mended.held.state).toBe(stateDigest(honest));
  });

  it('shows bytes that its disk has changed, and says so where a state cannot be rebuilt', async () => {
    const [, , practice = ''] = practices;
    const uuid = practice.split('/')[1];
    const states = statesOf(byToken);
    await city.rows(`update event set bytes = bytes || ' '::bytea where uuid = $1 and position = 1`, [uuid]);
    const [held] = await states.named([{ practice, position: null }]);
    expect(held?.state).toBe(stateDigest(await stored(practice)));
    expect(held?.events).not.toBe(eventsDigest(placed(practice, 3)));
    await expect(byToken(`/v1/states/${practice}?position=2`)).rejects.toThrow('STATE_NOT_REBUILT');
  });
});
