import { beforeEach, describe, expect, it } from 'vitest';
import { verifyReconciliationCertificate } from '#evidence';
import { inboxRecord } from '#testing';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { MemoryTree, type RangeItem } from './range-tree.ts';
import { reconciliationChore } from './prune-reconciliations.ts';
import { order, reconciled } from './reconciliation.fixture.ts';
import { holdings } from './stored-tree.ts';
import { BEGINNING } from './reconciliation-rows.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr');
const office = await Partner.of(city);
const desk = await Partner.of(province);
const everywhere = new Exchange(network, city, province);

/** One practice that both have, with an act of each. */
async function practice(exchange = everywhere): Promise<string> {
  const { practiceId } = await office.filed();
  await exchange.settle();
  await office.act(practiceId, { type: 'integration.requested', days: '5' });
  await exchange.settle();
  return practiceId;
}

/** An act of the Provincia's, signed and not sent yet. */
async function actOfProvince(practiceId: string): Promise<void> {
  const { status, json } = await desk.act(practiceId, { type: 'conclusion.issued', outcome: 'favourable' });
  if (status !== 201) throw new Error(JSON.stringify(json));
}

const held = async (node: TestNode, practiceId: string) =>
  node.rows<{ position: number; status: string; digest: string; decision: Buffer }>(
    'select position, status, digest, decision from event where uuid = $1 order by position',
    [practiceId],
  );
const counts = async () => {
  const [row] = await city.rows<{ own: number; theirs: number }>(
    `select count(*) filter (where author = 'c_d150')::int as own, count(*) filter (where author = 'p_cr')::int as theirs
     from event where status = 'accepted'`,
  );
  return row!;
};

describe('two authorities that hold the same', () => {
  it('get it as a certificate that both have signed, that both keep, and that verifies offline', async () => {
    await actOfProvince(await practice());
    await everywhere.settle();
    const found = await reconciled(office, { partner: 'P_CR' });
    const { own, theirs } = await counts();
    expect(found).toMatchObject({ status: 'agreed', partner: 'p_cr', found: 0, from: BEGINNING });
    expect(found.events).toEqual([
      { author: 'c_d150', here: own, there: own },
      { author: 'p_cr', here: theirs, there: theirs },
    ]);
    expect([own > 0, theirs > 0]).toEqual([true, true]);
    const { bytes } = await office.call(found.certificate ?? '');
    const { statements } = verifyReconciliationCertificate(bytes, network.registry, new Date());
    expect(statements.map(({ statement, signer }) => [statement.by, signer.holder])).toEqual([
      ['c_d150', 'c_d150'],
      ['p_cr', 'p_cr'],
    ]);
    const there = await desk.get<{ reconciliations: { certificate: string }[] }>(
      '/v1/reconciliations?partner=c_d150&status=agreed',
    );
    const theirCopy = await desk.call(there.reconciliations[0]!.certificate);
    const copy = verifyReconciliationCertificate(theirCopy.bytes, network.registry, new Date());
    expect(copy.statements[1].bytes.equals(statements[0].bytes)).toBe(true);
  });

  it('compute in the database the very root that the tree in memory has', async () => {
    const rows = await city.rows<RangeItem>(
      `select author, event_id as "eventId", owner, uuid, position, digest,
              encode(sha256(decision), 'hex') as "decisionDigest"
       from event where author = 'c_d150' and status = 'accepted'`,
    );
    const range = { from: BEGINNING, to: new Date().toISOString() };
    const [own] = await holdings(city.parts.work, [city.ipa, province.ipa], range);
    expect(own).toMatchObject({ author: 'c_d150', count: rows.length });
    expect(own.root.equals(new MemoryTree(rows).root.root)).toBe(true);
  });

  it('compare what was decided in the range, and nothing else', async () => {
    const before = new Date().toISOString();
    await practice();
    const found = await reconciled(office, { partner: 'p_cr', from: before });
    expect(found.events).toEqual([
      { author: 'c_d150', here: 2, there: 2 },
      { author: 'p_cr', here: 0, there: 0 },
    ]);
  });
});

describe('what is missing on one side', () => {
  it('is found exactly and healed by replay, and the comparison ends in agreement', async () => {
    const lost = await practice(new Exchange(network, city));
    expect(await held(province, lost)).toEqual([]);
    const found = await reconciled(office, { partner: 'p_cr' });
    expect(found).toMatchObject({ status: 'agreed', found: 2, healed: 2 });
    expect(found.differences.map(({ kind, position, code }) => [kind, position, code])).toEqual(
      expect.arrayContaining([
        ['missing-there', 1, null],
        ['missing-there', 2, null],
      ]),
    );
    expect(await held(province, lost)).toEqual(await held(city, lost));
    await takeOutbox(province);
  });

  it('is fetched by the side that asks as well as by the side that is asked', async () => {
    const shared = await practice();
    await actOfProvince(shared);
    const [sent] = (await takeOutbox(province)).filter(({ topics: to }) =>
      to.includes('practice.outbox.p_cr'),
    );
    const decided = await everywhere.decide(sent!.value);
    await everywhere.hand(province, inboxRecord(decided, 'p_cr'));
    expect(await reconciled(office, { partner: 'p_cr' })).toMatchObject({
      status: 'agreed',
      differences: [expect.objectContaining({ kind: 'missing-here', author: 'p_cr', code: null })],
    });
    expect(await held(city, shared)).toEqual(await held(province, shared));
  });

  it('is put back when its row alone was lost, under the state that already counts it', async () => {
    const damaged = await practice();
    const before = await held(province, damaged);
    const state = await province.rows('select state from practice where uuid = $1', [damaged]);
    await province.rows('delete from event where uuid = $1 and position = 1', [damaged]);
    expect(await reconciled(desk, { partner: 'c_d150' })).toMatchObject({ status: 'agreed', healed: 1 });
    expect(await held(province, damaged)).toEqual(before);
    expect(await province.rows('select state from practice where uuid = $1', [damaged])).toEqual(state);
  });

  it('is fetched anew when everything but the memory of having seen it was lost', async () => {
    const damaged = await practice();
    const before = await held(province, damaged);
    await forget(province, damaged);
    expect(await reconciled(office, { partner: 'p_cr' })).toMatchObject({ status: 'agreed', healed: 2 });
    expect(await held(province, damaged)).toEqual(before);
  });
});

async function forget(node: TestNode, practiceId: string): Promise<void> {
  for (const table of ['document', 'event', 'practice_search', 'practice'])
    await node.rows(`delete from ${table} where uuid = $1`, [practiceId]);
}

describe('copies that differ', () => {
  it('are alarmed and left as they are, and health and metrics say so until they are mended', async () => {
    const damaged = await practice();
    const [first] = await held(province, damaged);
    const set = (decision: Buffer) =>
      province.rows('update event set decision = $2 where uuid = $1 and position = 1', [damaged, decision]);
    const other = Buffer.from(first!.decision.toString().replace('version="1.0"', 'version="1.0" '));
    await set(other);
    const found = await reconciled(office, { partner: 'p_cr' });
    expect(found).toMatchObject({
      status: 'differs',
      code: 'RECONCILIATION_COPIES_DIFFER',
      certificate: null,
      differences: [{ kind: 'different', position: 1, code: 'RECONCILIATION_COPIES_DIFFER' }],
    });
    expect((await held(province, damaged))[0]?.decision.equals(other)).toBe(true);
    expect((await office.call(`/v1/reconciliations/${found.id}/certificate`)).json).toMatchObject({
      code: 'RECONCILIATION_DISAGREES',
    });
    expect(await told(city)).toEqual(['degraded', '1']);
    await set(first!.decision);
    expect(await reconciled(office, { partner: 'p_cr' })).toMatchObject({ status: 'agreed' });
    expect(await told(city)).toEqual(['up', '0']);
  });
});

/** What health and metrics say of the comparison with the Provincia. */
async function told(node: TestNode): Promise<[string | undefined, string | undefined]> {
  const health = (await (await fetch(new URL('/health', node.http.url))).json()) as {
    checks: Record<string, { status: string }>;
  };
  const metrics = (await (await Partner.of(node, 'read')).call('/metrics')).bytes.toString();
  expect(metrics).toMatch(/reconciliation_last_agreed_timestamp_seconds\{partner="p_cr".*\} 1\d{9}/);
  const differences = /reconciliation_differences\{partner="p_cr".*\} (\d+)/.exec(metrics)?.[1];
  return [health.checks['reconciliation']?.status, differences];
}

describe('an order', () => {
  beforeEach(() => takeOutbox(city));

  it('given twice under one key is one comparison', async () => {
    const one = await order(office, { partner: 'p_cr' }, 'the-same');
    const again = await order(office, { partner: 'p_cr' }, 'the-same');
    expect([one.status, again.json]).toEqual([202, one.json]);
    expect((await order(office, { partner: 'c_d142' }, 'the-same')).json.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it.each([
    [{ partner: 'c_d150' }, 404, 'RECONCILIATION_PARTNER_UNKNOWN'],
    [{ partner: 'r_lombar' }, 404, 'RECONCILIATION_PARTNER_UNKNOWN'],
    [{ partner: 'p_cr', to: '2999-01-01T00:00:00Z' }, 409, 'RECONCILIATION_RANGE_UNSETTLED'],
    [
      { partner: 'p_cr', from: '2020-01-02T00:00:00Z', to: '2020-01-01T00:00:00Z' },
      400,
      'RECONCILIATION_RANGE_INVALID',
    ],
    [{ partner: 'p_cr', from: 'yesterday' }, 400, 'REQUEST_INVALID'],
  ])('%j is refused', async (wanted, status, code) => {
    const answer = await order(office, wanted);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it('needs more than the scope to read', async () => {
    const reader = await Partner.of(city, 'read');
    expect((await order(reader, { partner: 'p_cr' })).json.code).toBe('SCOPE_MISSING');
  });
});

describe('a node that compares at an interval', () => {
  it('does so by itself, tries again a neighbour that was away, and goes on from where they agreed', async () => {
    const own = await realNetwork();
    const busy = await TestNode.start(own, 'c_d150', { reconcile: { everyMs: 1_000 } });
    const other = await TestNode.start(own, 'p_cr');
    const clerk = await Partner.of(busy);
    await other.announce('https://127.0.0.1:9');
    await clerk.filed();
    await new Exchange(own, busy, other).settle();
    const ended = (status: string) =>
      until(`a comparison that ${status}`, async () => {
        const [row] = await busy.rows<{ code: string | null; from: Date; to: Date }>(
          `select code, from_time as "from", to_time as "to" from reconciliation
           where status = $1 and origin = 'interval' order by ended_at desc`,
          [status],
        );
        return row;
      });
    expect(await ended('failed')).toMatchObject({ code: 'PEER_AWAY' });
    await other.announce();
    const first = await ended('agreed');
    expect(first.from.toISOString()).toBe(BEGINNING);
    await until('the next comparison', async () => {
      const { from } = await ended('agreed');
      return from.getTime() === first.to.getTime() ? true : undefined;
    });
  });
});

describe('reconciliations of long ago', () => {
  it('are forgotten with their certificates; how this node stands with each neighbour is not', async () => {
    const insert = (partner: string, day: number, status: string, code: string | null) =>
      city.rows(
        `insert into reconciliation (id, partner, from_time, to_time, origin, status, code, ordered_at, ended_at,
           own_statement, partner_statement)
         values (gen_random_uuid(), $1, '2020-01-01', '2020-01-02', 'interval', $3, $4, $2, $2, '', '')`,
        [partner, new Date(Date.UTC(2020, 0, day)), status, code],
      );
    await city.rows(`delete from reconciliation`);
    for (const day of [1, 2, 3]) {
      await insert('p_cr', day, 'agreed', null);
      await insert('c_b898', day, 'agreed', null);
    }
    await insert('c_b898', 4, 'failed', 'RECONCILIATION_ANSWER_INVALID');
    await insert('c_b898', 5, 'failed', 'PEER_AWAY');
    await insert('c_b898', 6, 'failed', 'PEER_AWAY');
    await city.rows(
      `insert into reconciliation (id, partner, from_time, to_time, origin, status, ordered_at)
       values (gen_random_uuid(), 'p_cr', '2020-01-01', '2020-01-02', 'order', 'running', '2020-01-01')`,
    );
    const prune = (now: Date) => reconciliationChore({ keptDays: 400 })(city.parts.work, now);
    expect(await prune(new Date(Date.UTC(2021, 1, 3)))).toBe(0);
    expect(await prune(new Date())).toBe(5);
    const left = await city.rows<{ partner: string; day: number; status: string; code: string | null }>(
      `select partner, extract(day from ordered_at at time zone 'UTC')::int as day, status, code
       from reconciliation order by partner, ordered_at, status`,
    );
    expect(left.map(({ partner, day, status, code }) => `${partner} ${day} ${code ?? status}`)).toEqual([
      'c_b898 3 agreed',
      'c_b898 4 RECONCILIATION_ANSWER_INVALID',
      'c_b898 6 PEER_AWAY',
      'p_cr 1 running',
      'p_cr 3 agreed',
    ]);
    await city.rows(`delete from reconciliation`);
  });
});
