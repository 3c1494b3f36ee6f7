import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TestNetwork, type Filed, type NetworkFile, type RunningNode } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

/** What each kind of node reads, and what of it could be doubled. */
const NODES = {
  router: {
    streams: ['outboxes', 'receipts'],
    effects: `select (select json_agg(r order by author, event_id) from (
          select author, event_id, position, digest, encode(sha256(decision), 'hex') from routed_event) r) as placed,
        (select count(*)::int from seen) as seen,
        (select json_agg(json_build_array(id, code, status) order by id) from quarantine) as parked,
        (select count(*)::int from equivocation) as forks`,
  },
  p_cr: {
    streams: ['inbox'],
    effects: `select (select json_agg(e order by author, event_id) from (
          select author, event_id, position, digest, status from event) e) as events,
        (select json_agg(state order by owner, uuid) from practice) as practices,
        (select count(*)::int from seen) as seen, (select count(*)::int from feed) as feed,
        (select count(*)::int from receipt) as receipts, (select count(*)::int from document) as documents,
        (select count(*)::int from protocol) as registered,
        (select json_agg(t order by partner) from (select partner, sent, received from partner_tally) t) as tally,
        (select json_agg(json_build_array(id, code, status) order by id) from quarantine) as parked`,
  },
  auditor: {
    streams: ['events', 'decisions', 'receipts', 'actions'],
    effects: `select (select json_object_agg(kind, n) from (
          select kind, count(*)::int as n from log_entry where kind not in ('action', 'access') group by kind order by kind) k) as leaves,
        (select count(*)::int from refused) as refused`,
  },
} as const;
type Name = keyof typeof NODES;
const NAMES = Object.keys(NODES) as Name[];

interface Asked {
  readonly node: Name;
  readonly id: string;
  readonly action: string;
  readonly records: number;
}

describe('streams of a router, an authority and an auditor, read again from a point in time', () => {
  let network: TestNetwork;
  const databases = new Map<Name, pg.Client>();
  const since = new Date(Date.now() - 3_600_000).toISOString();

  const nodeOf = (file: NetworkFile, name: Name): RunningNode => {
    if (name !== 'p_cr') return file[name];
    const found = file.members.find(({ ipa }) => ipa === name);
    if (found === undefined) throw new Error(`no member ${name}`);
    return found;
  };

  beforeAll(async () => {
    network = TestNetwork.at(inject('home'));
    const file = await network.file();
    for (const name of NAMES) {
      const client = new pg.Client({ connectionString: nodeOf(file, name).database });
      await client.connect();
      databases.set(name, client);
    }
  });
  afterAll(() => Promise.all([...databases.values()].map((client) => client.end())));

  async function query<Row extends object>(name: Name, sql: string, params: unknown[] = []): Promise<Row[]> {
    const { rows } = await databases.get(name)!.query<Row>(sql, params);
    return rows;
  }

  const effects = (): Promise<unknown> => Promise.all(NAMES.map((name) => query(name, NODES[name].effects)));

  /** Everything said has been heard: nobody has anything to send, and nothing has changed from one look to the next. */
  async function settled(): Promise<unknown> {
    let before = '';
    return until('the network is quiet', WITHIN_MS, async () => {
      const unsent = await Promise.all(
        NAMES.map((name) => query(name, 'select 1 from outbox where sent_at is null limit 1')),
      );
      const now = await effects();
      const isQuiet = unsent.flat().length === 0 && JSON.stringify(now) === before;
      before = JSON.stringify(now);
      return isQuiet ? now : undefined;
    });
  }

  async function ask(name: Name, stream: string, token?: string): Promise<Response> {
    const node = nodeOf(await network.file(), name);
    return fetch(`${node.url}/v1/streams/${stream}/rewind`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token ?? node.token}`,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify({ from: since, reason: 'a row was lost' }),
    });
  }

  /** Asks until it is accepted: what a stream has handled is in its position half a second later. */
  function askedOnceHandled(name: Name, stream: string): Promise<Omit<Asked, 'node'>> {
    return until(`${name} has handled some of ${stream}`, WITHIN_MS, async () => {
      const answer = await ask(name, stream);
      const said = (await answer.json()) as Omit<Asked, 'node'> & { readonly code?: string };
      if (answer.status === 409 && said.code === 'REWIND_EMPTY') return undefined;
      expect(answer.status, `${name} ${stream}: ${JSON.stringify(said)}`).toBe(202);
      return said;
    });
  }

  it('bring back a row that was lost, double nothing, and are leaves of the log, though each node is killed right after', async () => {
    const filed = await network.json<Filed>(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'edilizia.scia', '--form', FORM],
    );
    const isThere = async (): Promise<true | undefined> => {
      const events = await query('p_cr', 'select 1 from event where event_id = $1', [filed.eventId]);
      return events.length === 1 ? true : undefined;
    };
    await until('the filing is at the Provincia', WITHIN_MS, isThere);
    await until('its registration is in the log', WITHIN_MS, async () => {
      const said = await query(
        'auditor',
        `select 1 from log_entry where event_id = $1 and receipt_kind = 'registered'`,
        [filed.eventId],
      );
      return said.length > 0 ? true : undefined;
    });
    const before = await settled();
    for (const table of ['event', 'seen'])
      await query('p_cr', `delete from ${table} where event_id = $1`, [filed.eventId]);
    expect(await isThere()).toBeUndefined();

    const asked: Asked[] = [];
    for (const node of NAMES) {
      for (const stream of NODES[node].streams) {
        asked.push({ node, ...(await askedOnceHandled(node, stream)) });
      }
      process.kill(nodeOf(await network.file(), node).pid, 'SIGKILL');
    }
    expect(asked.every(({ records }) => records > 0)).toBe(true);

    for (const { node, id } of asked)
      await until(`${node} has handled it all again`, WITHIN_MS, async () => {
        const { url, token } = nodeOf(await network.file(), node);
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(`${url}/v1/streams/rewinds/${id}`, { headers });
        return ((await answer.json()) as { readonly done: boolean }).done ? true : undefined;
      });
    expect(await settled()).toEqual(before);
    const [first] = asked;
    await until('the action is proved', WITHIN_MS, async () => {
      const proof = await network.hub(
        ...['audit', 'proof', first?.action ?? '', '--kind', 'action', '--json'],
      );
      return proof.code === 0 ? true : undefined;
    });
    const logged = await query(
      'auditor',
      `select 1 from log_entry where kind = 'action' and event_id = any($1)`,
      [asked.map(({ action }) => action)],
    );
    expect(logged).toHaveLength(asked.length);
  });

  it('change nothing for a caller who may not, for what has no position, and as a dry run', async () => {
    const { url, token } = nodeOf(await network.file(), 'router');
    const made = await fetch(`${url}/v1/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'reads', scopes: ['read'] }),
    });
    const reader = (await made.json()) as { readonly token: string };
    const positions = (): Promise<object[]> =>
      query('router', 'select * from stream_position order by topic');
    const before = await positions();
    expect((await ask('router', 'outboxes', reader.token)).status).toBe(403);
    const registry = await network.hub(
      ...['streams', 'rewind', 'registry', '--at', 'router', '--from', since, '--reason', 'why', '--json'],
    );
    expect(JSON.parse(registry.stdout)).toMatchObject({ error: { code: 'STREAM_NOT_REWINDABLE' } });
    const dry = await network.json<{ readonly id: null; readonly records: number }>(
      ...['streams', 'rewind', 'outboxes', '--at', 'router', '--from', since, '--dry-run'],
    );
    expect(dry).toMatchObject({ id: null });
    expect(dry.records).toBeGreaterThan(0);
    expect(await positions()).toEqual(before);
  });
});
