import { beforeEach, describe, expect, it } from 'vitest';
import { parseEventId, parseIpaCode, parsePracticeId, parseSha256 } from '#contracts';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { Exchange } from '../exchange.fixture.ts';
import { clientAs, neighbour } from '../gaps/peers.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { LyingPartner, type Lie } from './lying-partner.fixture.ts';
import { MemoryTree, type RangeItem } from './range-tree.ts';
import { reconciled } from './reconciliation.fixture.ts';
import { BEGINNING } from './reconciliation-rows.ts';
import { state } from './statements.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const office = await Partner.of(city);
await office.filed();
const exchange = new Exchange(network, city);
await exchange.settle();
const range = { from: BEGINNING, to: new Date().toISOString() };
const liar = await LyingPartner.start(network, range);

const province = parseIpaCode('p_cr');
const owner = parseIpaCode('c_d150');
const INVENTED: RangeItem = {
  author: province,
  eventId: parseEventId('01890a5d-ac96-774b-bcce-b302099a8057'),
  owner,
  uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301'),
  position: 1,
  digest: parseSha256('ab'.repeat(32)),
  decisionDigest: parseSha256('cd'.repeat(32)),
};
const [filing] = exchange.decided;

/** The Comune's own filing, said to be another event. */
function disguised(): { events: object[]; head: number; more: boolean } {
  const event = filing!.signed.bytes.toString('base64');
  return {
    events: [{ position: 1, event, decision: filing!.item.toString('base64') }],
    head: 1,
    more: false,
  };
}

const EMPTY = { nodes: [{ prefix: '', children: [] }] };

beforeEach(() => {
  liar.asked.length = 0;
});

async function comparedWith(lie: Lie) {
  liar.lie = lie;
  const found = await reconciled(office, { partner: 'p_cr', ...range });
  return { ...found, asked: liar.asked.length };
}

describe('a neighbour that lies', () => {
  it.each<[string, Lie, string]>([
    [
      'claims events below whose root it has nothing',
      { own: new MemoryTree([INVENTED]), instead: { nodes: () => ({ body: EMPTY }) } },
      'RECONCILIATION_ANSWER_INVALID',
    ],
    [
      'gives an event in another bucket than it hashed',
      {
        own: new MemoryTree([INVENTED]),
        instead: {
          items: (query) => ({ body: { buckets: [{ prefix: query.get('prefixes'), items: [] }] } }),
        },
      },
      'RECONCILIATION_ANSWER_INVALID',
    ],
    ['signs with the key of another body', { signer: 'c_d142' }, 'CERTIFICATE_NOT_OF_AUTHOR'],
    [
      'speaks of another range',
      { over: { ...range, to: '2026-01-01T00:00:00.000Z' } },
      'RECONCILIATION_STATEMENT_FOREIGN',
    ],
    ['answers without end', { instead: { nodes: () => ({ body: ' '.repeat(7e6) }) } }, 'PEER_ANSWER_INVALID'],
    [
      'answers nonsense',
      { instead: { statement: () => ({ body: { statement: 3 } }) } },
      'PEER_ANSWER_INVALID',
    ],
    ['refuses', { instead: { statement: () => ({ status: 403, body: {} }) } }, 'PEER_REFUSED'],
  ])('and %s is refused with a code, after few questions', async (_, lie, code) => {
    const { status, code: found, asked, certificate } = await comparedWith(lie);
    expect([status, found, certificate]).toEqual(['failed', code, null]);
    expect(asked).toBeLessThanOrEqual(15);
  });

  it('and names an event that it does not give makes nothing appear here', async () => {
    const found = await comparedWith({ own: new MemoryTree([INVENTED]), ofCity: new MemoryTree([]) });
    expect(found).toMatchObject({ status: 'differs', code: 'RECONCILIATION_DIFFERS' });
    expect(found.differences).toContainEqual(
      expect.objectContaining({ kind: 'missing-here', eventId: INVENTED.eventId, code: 'PEER_REFUSED' }),
    );
    expect(found.asked).toBeLessThanOrEqual(15);
  });

  it('and gives an event of another practice than it named has it thrown away', async () => {
    const before = await city.rows('select event_id, digest from event order by 1');
    const found = await comparedWith({
      own: new MemoryTree([INVENTED]),
      instead: { events: () => ({ body: disguised() }) },
    });
    expect(found.differences).toContainEqual(
      expect.objectContaining({ eventId: INVENTED.eventId, code: 'PEER_ANSWER_INVALID' }),
    );
    expect(await city.rows('select event_id, digest from event order by 1')).toEqual(before);
    expect(await city.rows('select id from quarantine')).toEqual([]);
  });

  it('and says that it has taken in what it still lacks is not asked for ever', async () => {
    const { eventId, author } = { eventId: filing!.signed.event.id, author: owner };
    const found = await comparedWith({
      instead: { missing: () => ({ body: { outcomes: [{ author, eventId, code: null }] } }) },
    });
    expect(found).toMatchObject({ status: 'differs', found: 1, healed: 0 });
    expect(found.differences).toMatchObject([{ kind: 'missing-there', code: 'RECONCILIATION_DIFFERS' }]);
    expect(found.asked).toBeLessThanOrEqual(15);
  });
});

describe('a node that is asked to compare', () => {
  const client = clientAs('p_cr');
  const stranger = clientAs('c_d142');
  const path = 'v1/reconciliations/peer/';
  const query = (author: string, to = range.to) =>
    `nodes?${new URLSearchParams({ from: range.from, to, author }).toString()}`;
  const statement = async (by: string, signer: string, to = range.to) => {
    const nothing = new MemoryTree([]).root;
    const parts = { ipa: parseIpaCode(by), signer: network.signerOf(signer) };
    const held = [
      { author: owner, ...nothing },
      { author: parseIpaCode(by), ...nothing },
    ] as const;
    const { bytes } = await state(parts, owner, { ...range, to }, held, new Date());
    return { statement: bytes.toString('base64') };
  };

  it('tells each neighbour of nothing but their own exchange', async () => {
    const nodes = (await client.get(neighbour(city), path + query('c_d150'))) as typeof EMPTY;
    expect(nodes.nodes[0]?.children).toHaveLength(1);
    expect(await stranger.get(neighbour(city), path + query('c_d150'))).toEqual(EMPTY);
    await expect(stranger.get(neighbour(city), path + query('p_cr'))).rejects.toMatchObject({
      details: { code: 'RECONCILIATION_RANGE_INVALID' },
    });
  });

  it.each([
    ['of another body', () => statement('p_cr', 'p_cr'), stranger, 'RECONCILIATION_STATEMENT_FOREIGN'],
    ['signed by another', () => statement('p_cr', 'c_d142'), client, 'CERTIFICATE_NOT_OF_AUTHOR'],
    [
      'about a time to come',
      () => statement('p_cr', 'p_cr', '2999-01-01T00:00:00.000Z'),
      client,
      'RECONCILIATION_RANGE_INVALID',
    ],
    ['that is none', () => Promise.resolve({ statement: 'AAAA' }), client, 'ENCODING_NOT_UTF8'],
  ])('refuses a statement %s', async (_, make, caller, code) => {
    const put = caller.put(neighbour(city), `${path}statement`, await make());
    await expect(put).rejects.toMatchObject({ code: 'PEER_REFUSED', details: { code } });
  });

  it('fetches nothing that it is told of from anybody but the caller', async () => {
    liar.lie = {};
    const sent = { events: [INVENTED] };
    const { outcomes } = (await client.put(neighbour(city), `${path}missing`, sent)) as {
      outcomes: { code: string }[];
    };
    expect(outcomes).toMatchObject([{ code: 'PEER_REFUSED' }]);
    expect(liar.asked).toEqual(['events']);
  });
});
