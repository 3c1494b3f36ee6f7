import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, homeWith, type Reply, standIns } from '../cli.fixture.ts';

const ID = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const node = standIns();
const parsed = (out: string): unknown => JSON.parse(out) as unknown;

describe('quarantine', { timeout: 30_000 }, () => {
  const entry = {
    id: ID,
    code: 'EQUIVOCATION',
    reason: 'two events',
    status: 'parked',
    parkedAt: '2026-03-04T09:00:00.000Z',
  };

  it('lists what every node has parked, page by page, and names who could not be asked', async () => {
    const router = await node(({ query }) => ({
      json:
        query['after'] === undefined
          ? { entries: [entry], next: ID }
          : { entries: [{ ...entry, id: 'b' }], next: null },
    }));
    const home = await homeWith({ router: router.url, p_cr: 'http://127.0.0.1:9' });
    const { code, out } = await cli(['quarantine', 'list', '--json', '--home', home]);
    expect(code).toBe(0);
    expect(parsed(out)).toMatchObject({
      entries: [{ id: ID, at: 'router', code: 'EQUIVOCATION' }, { id: 'b' }],
      unreachable: [
        { at: 'auditor', code: 'NODE_UNREACHABLE' },
        { at: 'p_cr', code: 'NODE_UNREACHABLE' },
      ],
    });
    expect(router.seen.map(({ query }) => query['status'])).toEqual(['parked', 'parked']);
  });

  it('releases with code 0 what passes now, with 1 what is refused again', async () => {
    const results = ['released', 'parked'];
    const member = await node(() => ({ json: { id: ID, status: results.shift(), code: null } }));
    const home = await homeWith({ p_cr: member.url });
    const release = ['quarantine', 'release', ID, '--at', 'p_cr', '--json', '--home', home];
    expect((await cli(release)).code).toBe(0);
    expect((await cli(release)).code).toBe(1);
    expect(member.seen[0]).toMatchObject({ method: 'POST', path: `/v1/quarantine/${ID}/release` });
  });
});

describe('the quarantine desk', { timeout: 60_000 }, () => {
  const entry = {
    id: ID,
    code: 'EQUIVOCATION',
    reason: 'two events',
    status: 'parked',
    parkedAt: '2026-03-04T09:00:00.000Z',
    sentence: { it: 'frase', en: 'sentence' },
    remedy: { it: 'rimedio', en: 'remedy' },
    bytes: Buffer.from('<Event/>').toString('base64'),
  };

  it('filters what it lists, and counts by code', async () => {
    const counts = [{ code: 'XSD_INVALID', status: 'parked', count: 2, oldest: entry.parkedAt }];
    const auditor = await node(({ path }) => ({
      json: path.endsWith('counts') ? { at: 'auditor', counts } : { entries: [entry], next: null },
    }));
    const home = await homeWith({ auditor: auditor.url });
    const since = '2026-03-01T00:00:00Z';
    const filters = [
      '--code',
      'X',
      '--member',
      'p_cr',
      '--event',
      ID,
      '--since',
      since,
      '--status',
      'discarded',
    ];
    await cli(['quarantine', 'list', '--at', 'auditor', ...filters, '--json', '--home', home]);
    expect(auditor.seen[0]?.query).toMatchObject({
      code: 'X',
      member: 'p_cr',
      eventId: ID,
      since,
      status: 'discarded',
    });
    const { out } = await cli([
      'quarantine',
      'list',
      '--at',
      'auditor',
      '--counts',
      '--json',
      '--home',
      home,
    ]);
    expect(parsed(out)).toEqual({ counts: [{ at: 'auditor', ...counts[0] }], unreachable: [] });
  });

  it('shows the sentence in the language of the terminal, and writes the bytes as they came', async () => {
    const raw = Buffer.from([0xff, 0x00, 0x3c]);
    const router = await node(({ path }) => (path.endsWith('/bytes') ? { bytes: raw } : { json: entry }));
    const home = await homeWith({ router: router.url });
    const show = ['quarantine', 'show', ID, '--home', home];
    expect((await cli(show, { LANG: 'it_IT.UTF-8' })).out).toMatch(/frase[\s\S]*rimedio/);
    const file = join(await mkdtemp(join(tmpdir(), 'parked-')), 'parked.bin');
    const { code, out } = await cli([...show, '--bytes', file]);
    expect(code).toBe(0);
    expect(out).toMatch(/sentence[\s\S]*remedy/);
    expect((await readFile(file)).equals(raw)).toBe(true);
  });

  it('discards with a reason only, and restores', async () => {
    const member = await node(() => ({ json: { id: ID, status: 'discarded', action: ID } }));
    const home = await homeWith({ p_cr: member.url });
    const at = ['--at', 'p_cr', '--json', '--home', home];
    const discard = ['quarantine', 'discard', ID, '--reason', 'noise', '--idempotency-key', 'k', ...at];
    const ran = await Promise.all([
      cli(['quarantine', 'discard', ID, ...at]),
      cli(discard),
      cli(['quarantine', 'restore', ID, ...at]),
    ]);
    expect(ran.map(({ code }) => code)).toEqual([2, 0, 0]);
    const asked = new Map(member.seen.map((seen) => [seen.path, seen]));
    expect([...asked.keys()].sort()).toEqual([
      `/v1/quarantine/${ID}/discard`,
      `/v1/quarantine/${ID}/restore`,
    ]);
    const discarded = asked.get(`/v1/quarantine/${ID}/discard`);
    expect(discarded?.idempotencyKey).toBe('k');
    expect(parsed(discarded?.body.toString() ?? '')).toEqual({ reason: 'noise' });
  });

  it('waits for the end of a re-run; code 1 when something is parked still', async () => {
    const counts = { released: 2, held: 1, parked: 0, later: 0 };
    const answers = [
      { ...counts, endedAt: null },
      { ...counts, endedAt: entry.parkedAt },
      { ...counts, parked: 1, endedAt: entry.parkedAt },
    ];
    const router = await node(({ method }) => ({
      json: { id: ID, action: ID, ...(method === 'POST' ? {} : answers.shift()) },
    }));
    const home = await homeWith({ router: router.url });
    const rerun = ['quarantine', 'rerun', '--since', '2026-03-04T09:00:00Z', '--json', '--home', home];
    const [first, wrong] = await Promise.all([
      cli(rerun),
      cli(['quarantine', 'rerun', '--since', 'yesterday', '--home', home]),
    ]);
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('"released": 2') as string });
    expect(wrong.code).toBe(2);
    expect((await cli(rerun)).code).toBe(1);
    expect(router.seen[0]).toMatchObject({ method: 'POST', path: '/v1/quarantine/reruns' });
  });

  it('lists what operators did', async () => {
    const action = {
      id: ID,
      kind: 'quarantine.released',
      outcome: 'released',
      subject: `quarantine/${ID}`,
      at: entry.parkedAt,
      by: { tokenId: ID, label: 'desk' },
    };
    const router = await node(() => ({ json: { actions: [action], next: null } }));
    const home = await homeWith({ router: router.url });
    expect((await cli(['quarantine', 'actions', '--home', home])).out).toMatch(/quarantine\.released.*desk/);
  });
});

describe('token', { timeout: 30_000 }, () => {
  const view = {
    id: ID,
    label: 'l',
    scopes: ['read', 'act'],
    createdAt: 'now',
    revokedAt: null,
    lastUsedAt: null,
  };

  it('makes a token with the scopes that are given, and shows its text', async () => {
    const registry = await node(() => ({ status: 201, json: { ...view, token: 'rh_secret' } }));
    const home = await homeWith({ registry: registry.url });
    const scopes = ['--label', 'l', '--scopes', 'read, act'];
    const { out } = await cli(['token', 'create', '--at', 'registry', ...scopes, '--json', '--home', home]);
    expect(parsed(out)).toMatchObject({ token: 'rh_secret', id: ID });
    expect(parsed(registry.seen[0]?.body.toString() ?? '')).toEqual({ label: 'l', scopes: ['read', 'act'] });
  });

  it('revokes by id, and never shows the text of those that it lists', async () => {
    const auditor = await node(({ method }) => ({
      json: method === 'DELETE' ? { ...view, revokedAt: 'now' } : { tokens: [view] },
    }));
    const home = await homeWith({ auditor: auditor.url });
    expect((await cli(['token', 'revoke', ID, '--at', 'auditor', '--home', home])).code).toBe(0);
    expect(auditor.seen[0]).toMatchObject({ method: 'DELETE', path: `/v1/tokens/${ID}` });
    const { out } = await cli(['token', 'list', '--at', 'auditor', '--json', '--home', home]);
    expect(parsed(out)).toEqual({ tokens: [view] });
  });
});

describe('forms import', { timeout: 30_000 }, () => {
  it('sends the schemas of every folder, names what is refused, and waits until the nodes have the rest', async () => {
    const accepted = [{ namespace: 'urn:f', root: 'f', version: '1', number: 12, unchanged: false }];
    const refused = [{ name: 'bad', code: 'FORM_SCHEMA_INVALID', reason: 'a file is missing' }];
    const registry = await node(() => ({ json: { accepted, refused } }));
    const heads = [11, 11, 12];
    const health = (detail: string): Reply => ({
      json: { status: 'up', checks: { registry: { status: 'up', detail } } },
    });
    const member = await node(() => health(`entry ${heads.shift() ?? 12}`));
    const router = await node(() => health('entry 12'));
    const home = await homeWith({ registry: registry.url, router: router.url, c_d150: member.url });
    const dir = await mkdtemp(join(tmpdir(), 'forms-'));
    await mkdir(join(dir, '04_forms'));
    await writeFile(join(dir, '04_forms', 'f.xsd'), '<a/>');
    await writeFile(join(dir, 'common.XSD'), '<b/>');
    await writeFile(join(dir, 'readme.txt'), 'no schema');
    const { code, out } = await cli(['forms', 'import', dir, '--json', '--home', home]);
    expect(code).toBe(0);
    expect(parsed(out)).toEqual({ accepted, refused, behind: [] });
    expect(parsed(registry.seen[0]?.body.toString() ?? '')).toEqual([
      { path: '04_forms/f.xsd', base64: Buffer.from('<a/>').toString('base64') },
      { path: 'common.XSD', base64: Buffer.from('<b/>').toString('base64') },
    ]);
    expect(member.seen.length).toBe(3);
  });
});

describe('status', { timeout: 30_000 }, () => {
  it('tells of every node, with code 1 when one is down', async () => {
    const checks = { outbox: { status: 'up', detail: '0 to send' } };
    const up = await node(() => ({ json: { status: 'up', checks } }));
    const home = await homeWith({ registry: up.url, router: up.url, auditor: up.url, c_d150: up.url });
    const fine = await cli(['status', '--json', '--home', home]);
    expect(fine.code).toBe(0);
    expect(parsed(fine.out)).toMatchObject({
      nodes: Array(4).fill({ status: 'up', pid: process.pid, running: true, checks }),
    });
    const down = await homeWith({
      registry: up.url,
      router: up.url,
      auditor: up.url,
      c_d150: 'http://127.0.0.1:9',
    });
    expect((await cli(['status', '--json', '--home', down])).code).toBe(1);
  });

  it('shows how the exchange with each partner stands, and a node that cannot tell it all the same', async () => {
    const line = {
      partner: 'p_cr',
      lag: 1200,
      retentionLeftSeconds: 3 * 86_400,
      unreceived: null,
      lastHeardAt: null,
      unsent: 7,
      oldestUnsentSeconds: 61.4,
      waiting: 2,
      parked: 1,
      retrying: null,
      awaySince: null,
    };
    const router = await node(({ path }) =>
      path === '/v1/partners' ? { json: { partners: [line] } } : { json: { status: 'up', checks: {} } },
    );
    const member = await node(({ path }) =>
      path === '/v1/partners'
        ? { status: 503, json: { code: 'DATABASE_UNAVAILABLE', detail: 'away' } }
        : { json: { status: 'up', checks: {} } },
    );
    const home = await homeWith({
      registry: router.url,
      router: router.url,
      auditor: router.url,
      p_cr: member.url,
    });
    const { code, out } = await cli(['status', '--home', home]);
    expect(code).toBe(0);
    expect(out).toMatch(/^router +p_cr +1200 +3\.0 d +7 +61 s +- +- +2 +1 +- +-$/m);
    expect(member.seen.map(({ path }) => path)).toContain('/v1/partners');
    const { nodes } = parsed((await cli(['status', '--json', '--home', home])).out) as {
      readonly nodes: readonly { readonly name: string; readonly partners: readonly unknown[] }[];
    };
    expect(nodes.find(({ name }) => name === 'router')?.partners).toEqual([line]);
    expect(nodes.find(({ name }) => name === 'p_cr')).toMatchObject({ status: 'up', partners: [] });
  });
});

describe('registry', { timeout: 30_000 }, () => {
  const fingerprint = 'ab'.repeat(32);
  const rotated = { number: 7, digest: 'cd'.repeat(32), root: fingerprint };

  it('rotates to the root that lies ready, and asks which where there are several', async () => {
    const states = [[fingerprint], [fingerprint, 'ef'.repeat(32)]];
    const registry = await node(({ path }) =>
      path === '/v1/root' ? { json: { current: '12'.repeat(32), ready: states.shift() } } : { json: rotated },
    );
    const home = await homeWith({ registry: registry.url });
    const rotate = ['registry', 'rotate-root', '--json', '--home', home];
    const done = await cli(rotate);
    expect(done.code).toBe(0);
    expect(parsed(done.out)).toMatchObject({ ...rotated, replaced: '12'.repeat(32) });
    expect(registry.seen[1]).toMatchObject({ method: 'POST', path: '/v1/root/rotate' });
    expect(parsed(registry.seen[1]?.body.toString() ?? '')).toEqual({ to: fingerprint });
    expect((await cli(rotate)).code).toBe(2);
    expect((await cli([...rotate, '--to', 'no fingerprint'])).code).toBe(2);
  });
});
