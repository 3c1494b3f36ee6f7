import { describe, expect, it } from 'vitest';
import { cli, homeWith, standIns } from '../cli.fixture.ts';

const FINGERPRINT = 'ab'.repeat(32);
const [PARKED, AGAIN, LATER] = ['01', '02', '03'].map((n) => `0199b1c2-3d4e-7f00-8a1b-2c3d4e5f60${n}`);
const PRACTICE = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const node = standIns();

describe('keys', { timeout: 30_000 }, () => {
  const key = {
    holder: 'c_d150',
    role: 'authority',
    purpose: 'signing',
    generation: 1,
    fingerprint: FINGERPRINT,
    notBefore: '2025-01-01T00:00:00.000Z',
    notAfter: '2026-04-01T00:00:00.000Z',
    daysLeft: 27,
    state: 'active',
    revokedFrom: null,
    reason: null,
    warning: 30,
  };

  it('lists who expires when, one holder or all, and warns in words', async () => {
    const registry = await node(() => ({
      json: { keys: [key, { ...key, holder: 'p_cr', daysLeft: 300, warning: null }] },
    }));
    const home = await homeWith({ registry: registry.url });
    const [all, one] = await Promise.all([
      cli(['keys', 'list', '--home', home]),
      cli(['keys', 'list', '--at', 'P_CR', '--json', '--home', home]),
    ]);
    expect(all.out).toMatch(/c_d150 +authority +signing-g1 +active +2025-01-01 +2026-04-01 +27 /);
    expect(all.out).toContain('c_d150 signing-g1: 27 days left, under 30');
    expect(JSON.parse(one.out)).toMatchObject({ keys: [{ holder: 'p_cr' }], warnings: [] });
  });

  it('gathers every page of what a revocation covers, and refuses what is no fingerprint', async () => {
    const event = {
      author: 'c_d150',
      eventId: PARKED,
      type: 'practice.filed',
      owner: 'c_d150',
      practiceId: PRACTICE,
      cui: 'c_d150/2026/000001',
      position: 1,
      decidedAt: '2026-03-04T09:00:00.000Z',
      digest: FINGERPRINT,
    };
    const page = {
      holder: 'c_d150',
      role: 'authority',
      revokedFrom: null,
      reason: null,
      from: '2026-03-01T00:00:00Z',
    };
    const router = await node(({ query }) => ({
      json: { ...page, events: [event], next: query['after'] === undefined ? 'more' : null },
    }));
    const home = await homeWith({ router: router.url });
    const from = ['--from', '2026-03-01T00:00:00Z'];
    const [covered, wrong] = await Promise.all([
      cli(['keys', 'covered', FINGERPRINT.toUpperCase(), ...from, '--json', '--home', home]),
      cli(['keys', 'covered', 'c_d150', '--home', home]),
    ]);
    const { events, fingerprint } = JSON.parse(covered.out) as { events: unknown[]; fingerprint: string };
    expect([events.length, fingerprint]).toEqual([2, FINGERPRINT]);
    expect(router.seen.map(({ path, query }) => [path, query['from'], query['after']])).toEqual([
      [`/v1/certificates/${FINGERPRINT}/covered`, from[1], undefined],
      [`/v1/certificates/${FINGERPRINT}/covered`, from[1], 'more'],
    ]);
    expect([wrong.code, wrong.err.includes('keys list')]).toEqual([2, true]);
  });

  it('rotates no key of the registry', async () => {
    const registry = await node(() => undefined);
    const home = await homeWith({ registry: registry.url });
    const { code, err } = await cli(['keys', 'rotate', '--at', 'registry', '--home', home]);
    expect([code, err]).toEqual([2, expect.stringContaining('is not rotated here')]);
    expect(registry.seen).toEqual([]);
  });
});

describe('event reissue', { timeout: 30_000 }, () => {
  it('finds a parked event by its author’s feed, and says what was issued again', async () => {
    const protocol = { aoo: 'p_cr', register: 'PG', number: '0000007', date: '2026-03-04' };
    const followers = [{ eventId: LATER, type: 'conclusion.issued', replaces: 'x', protocol }];
    const summary = {
      ...{ cui: 'c_d150/2026/000001', practiceId: PRACTICE, owner: 'c_d150', procedure: 'edilizia.scia' },
      ...{
        state: 'presented',
        eventId: LATER,
        part: 'opinion',
        filedAt: '2026-03-04T09:00:00.000Z',
        position: 1,
      },
    };
    const event = {
      eventId: PARKED,
      author: 'p_cr',
      type: 'conclusion.issued',
      position: null,
      status: 'parked',
    };
    const detail = {
      ...summary,
      events: [{ ...event, outOfFlow: false, at: summary.filedAt }],
      ...{ participants: [], tasks: [], documents: { total: 0, complete: 0 } },
    };
    const author = await node(({ method, path }) => {
      if (method === 'POST')
        return {
          status: 201,
          json: {
            ...summary,
            eventId: AGAIN,
            type: 'conclusion.issued',
            status: 'provisional',
            replaces: PARKED,
            protocol,
            followers,
          },
        };
      if (path === '/v1/practices') return { json: { practices: [summary], next: null } };
      if (path === '/v1/feed')
        return {
          json: { items: [{ kind: 'parked', owner: 'c_d150', uuid: PRACTICE, eventId: PARKED }], next: 'n' },
        };
      if (path === `/v1/practices/${PRACTICE}`) return { json: detail };
      return path.endsWith(PARKED ?? '') ? { bytes: Buffer.from('<Event/>') } : undefined;
    });
    const home = await homeWith({ p_cr: author.url });
    const { code, out } = await cli([
      'event',
      'reissue',
      PARKED ?? '',
      '--idempotency-key',
      'k',
      '--json',
      '--home',
      home,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      eventId: AGAIN,
      replaces: PARKED,
      author: 'p_cr',
      owner: 'c_d150',
      followers,
    });
    expect(author.seen.at(-1)).toMatchObject({
      method: 'POST',
      path: `/v1/practices/${PRACTICE}/events/${PARKED}/reissue`,
      query: { owner: 'c_d150' },
      idempotencyKey: 'k',
    });
  });
});
