import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StandIn } from '../cli.fixture.ts';
import { cli, homeWith, partsOf, standIns } from '../cli.fixture.ts';

const PRACTICE = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const FILED = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const CONCLUDED = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6072';
const summary = {
  cui: 'c_d150/2026/000001',
  practiceId: PRACTICE,
  owner: 'c_d150',
  procedure: 'edilizia.scia',
  state: 'presented',
  eventId: FILED,
  part: 'owner',
  filedAt: '2026-03-04T09:00:00.000Z',
  position: 2,
};
const event = (eventId: string, type: string, author: string, position: number | null) => ({
  eventId,
  type,
  author,
  position,
  status: position === null ? 'provisional' : 'accepted',
  outOfFlow: false,
  at: '2026-03-04T09:00:01.000Z',
});
const filing = event(FILED, 'practice.filed', 'c_d150', 1);
const detail = (state: string, events: readonly unknown[]) => ({
  ...summary,
  state,
  events,
  participants: [{ ipa: 'p_cr', part: 'opinion', joined: true, rule: 'provincia' }],
  tasks: [],
  documents: { total: 2, complete: 1 },
});

const node = standIns();

/** A node that holds the practice with these events. */
function holding(state: string, events: readonly unknown[], other: object = {}): Promise<StandIn> {
  return node(({ path, query }) => {
    if (path === '/v1/practices')
      return { json: { practices: query['cui'] === summary.cui ? [summary] : [], next: null } };
    return path === `/v1/practices/${PRACTICE}`
      ? { json: { ...detail(state, events), ...other } }
      : undefined;
  });
}

describe('practice show', { timeout: 30_000 }, () => {
  it('has one row for each authority and event, by position and authority, and names who could not be asked', async () => {
    const conclusion = event(CONCLUDED, 'conclusion.issued', 'p_cr', 2);
    const own = await holding('presented', [
      filing,
      { ...conclusion, position: null, status: 'provisional' },
    ]);
    const other = await holding('started', [conclusion, filing]);
    const home = await homeWith({ p_cr: other.url, c_d150: own.url, c_b898: 'http://127.0.0.1:9' });
    const { code, out } = await cli(['practice', 'show', summary.cui, '--json', '--home', home]);
    expect(code).toBe(0);
    const story = JSON.parse(out) as Record<string, unknown>;
    expect(story).toMatchObject({
      cui: summary.cui,
      practiceId: PRACTICE,
      procedure: 'edilizia.scia',
      state: 'presented',
      eventId: FILED,
      unreachable: [{ authority: 'c_b898', code: 'NODE_UNREACHABLE' }],
      documents: [
        { authority: 'p_cr', total: 2, complete: 1 },
        { authority: 'c_d150', total: 2, complete: 1 },
      ],
    });
    expect(story['timeline']).toEqual(
      [
        ['c_d150', FILED, 'practice.filed', 1],
        ['p_cr', FILED, 'practice.filed', 1],
        ['p_cr', CONCLUDED, 'conclusion.issued', 2],
        ['c_d150', CONCLUDED, 'conclusion.issued', null],
      ].map(
        ([authority, id, type, position]) =>
          expect.objectContaining({ authority, event: id, type, position, at: filing.at }) as unknown,
      ),
    );
    expect(own.seen.map(({ authorization }) => authorization)).toEqual([
      'Bearer rh_c_d150',
      'Bearer rh_c_d150',
    ]);
  });

  it('names what an authority misses, and once what an author has signed twice', async () => {
    const side = (eventId: string, digest: string) => ({ eventId, digest });
    const [one, other] = [side(FILED, 'a'), side(CONCLUDED, 'b')];
    const finding = { kind: 'same-number', author: 'c_d150', foundAt: filing.at };
    const asked = [{ holder: 'router', at: filing.at, given: 0, code: 'PEER_AWAY' }];
    const place = { owner: 'c_d150', practiceId: PRACTICE, since: filing.at };
    const gap = { ...place, missing: { from: 2, to: 2 }, waiting: 1 };
    const rounds = { attempts: 1, nextAttemptAt: filing.at, asked };
    const own = await holding('presented', [filing], {
      equivocations: [{ ...finding, first: one, second: other }],
    });
    const province = await holding('presented', [filing], {
      waiting: { ...gap, ...rounds },
      equivocations: [{ ...finding, first: other, second: one }],
    });
    const home = await homeWith({ c_d150: own.url, p_cr: province.url });
    const { out } = await cli(['practice', 'show', summary.cui, '--json', '--home', home]);
    expect(JSON.parse(out)).toMatchObject({
      waiting: [{ authority: 'p_cr', missing: { from: 2, to: 2 }, asked }],
      equivocations: [{ author: 'c_d150', authorities: ['c_d150', 'p_cr'] }],
    });
    const { out: text } = await cli(['practice', 'show', summary.cui, '--home', home]);
    expect(text).toContain('p_cr misses position 2 to 2');
    expect(text).toContain('EQUIVOCATION by c_d150');
  });

  it('says how far the documents are at each authority, and since when their author is away', async () => {
    const party = { part: 'deciding', joined: true, rule: 'r' };
    const participants = ['c_d150', 'p_cr', 'c_b898'].map((ipa) => ({ ipa, ...party }));
    const holdingDocuments = (documents: object): Promise<StandIn> =>
      node(({ path, query }) => {
        if (path === '/v1/practices')
          return { json: { practices: query['cui'] === summary.cui ? [summary] : [], next: null } };
        return { json: { ...detail('started', [filing]), participants, documents } };
      });
    const since = '2026-03-04T08:00:00.000Z';
    const fetching = { total: 3, complete: 1, state: 'fetching' };
    const away = { ...fetching, state: 'author-away', awaySince: since };
    const lost = { ...fetching, state: 'lost', lostSince: since };
    const nodes = await Promise.all([lost, fetching, away].map(holdingDocuments));
    const home = await homeWith({ c_d150: nodes[0]!.url, p_cr: nodes[1]!.url, c_b898: nodes[2]!.url });
    const { out } = await cli(['practice', 'show', summary.cui, '--home', home]);
    for (const said of ['fetching', `author away since ${since}`, `lost by its disk since ${since}`])
      expect(out).toContain(`1 of 3 ${said}`);
    const { out: asJson } = await cli(['practice', 'show', summary.cui, '--json', '--home', home]);
    const { documents } = JSON.parse(asJson) as { documents: object[] };
    expect(documents).toMatchObject([lost, fetching, away]);
  });

  it('says not found with code 1 when no authority that answers has it', async () => {
    const own = await holding('presented', []);
    const home = await homeWith({ c_d150: own.url });
    const { code, out } = await cli(['practice', 'show', 'c_d150/2026/999999', '--json', '--home', home]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'PRACTICE_NOT_FOUND' } });
  });
});

describe('practice gaps', { timeout: 30_000 }, () => {
  it('lists what waits at every authority and at the router, and names who could not be asked', async () => {
    const gap = {
      owner: 'c_d150',
      practiceId: PRACTICE,
      missing: { from: 2, to: 3 },
      waiting: 1,
      since: filing.at,
    };
    const asked = [{ holder: 'p_cr', at: filing.at, given: 0, code: null }];
    const province = await node(({ path }) =>
      path === '/v1/gaps'
        ? { json: { gaps: [{ ...gap, attempts: 1, nextAttemptAt: null, asked }] } }
        : undefined,
    );
    const waits = { author: 'p_cr', number: 3, eventId: CONCLUDED, owner: 'c_d150', practiceId: PRACTICE };
    const router = await node(({ path }) =>
      path === '/v1/waiting'
        ? {
            json: { waiting: [{ ...waits, since: filing.at, missing: 2, parked: null, attempts: 1, asked }] },
          }
        : undefined,
    );
    const home = await homeWith({ router: router.url, p_cr: province.url, c_b898: 'http://127.0.0.1:9' });
    const { code, out } = await cli(['practice', 'gaps', '--json', '--home', home]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      gaps: [{ authority: 'p_cr', ...gap }],
      waiting: [waits],
      unreachable: [{ authority: 'c_b898', code: 'NODE_UNREACHABLE' }],
    });
    const { out: text } = await cli(['practice', 'gaps', '--home', home]);
    expect(text).toMatch(/p_cr +c_d150\/\S+ +2-3 /);
  });
});

const registration = { aoo: 'c_d150', register: 'PG', number: '0000001', date: '2026-03-04' };

describe('practice file', { timeout: 30_000 }, () => {
  it('sends form, attachments and fields, and prints what the node answered', async () => {
    const answer = { ...summary, protocol: registration, receipt: `/v1/practices/${PRACTICE}/receipt` };
    const server = await node(() => ({ status: 201, json: answer }));
    const home = await homeWith({ c_d150: server.url });
    const dir = await mkdtemp(join(tmpdir(), 'form-'));
    await writeFile(join(dir, 'form.xml'), '<form/>');
    await writeFile(join(dir, 'relazione.pdf'), '%PDF-1.7 one');
    await writeFile(join(dir, 'tavola.pdf'), '%PDF-1.7 two');
    const files = [
      '--form',
      join(dir, 'form.xml'),
      '--attach',
      join(dir, 'relazione.pdf'),
      '--attach',
      join(dir, 'tavola.pdf'),
    ];
    const fields = ['--procedure', 'edilizia.scia', '--territory', '019036', '--idempotency-key', 'k-1'];
    const { code, out } = await cli([
      'practice',
      'file',
      '--at',
      'C_D150',
      ...fields,
      ...files,
      '--json',
      '--home',
      home,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      cui: summary.cui,
      practiceId: PRACTICE,
      eventId: FILED,
      state: 'presented',
    });
    const [request] = server.seen;
    expect(request).toMatchObject({ method: 'POST', path: '/v1/practices', idempotencyKey: 'k-1' });
    expect(await partsOf(request!)).toEqual([
      { name: 'procedure', content: 'edilizia.scia' },
      { name: 'territory', content: '019036' },
      { name: 'form', content: '<form/>', file: { name: 'form.xml', type: 'application/xml' } },
      {
        name: 'attachment',
        content: '%PDF-1.7 one',
        file: { name: 'relazione.pdf', type: 'application/pdf' },
      },
      { name: 'attachment', content: '%PDF-1.7 two', file: { name: 'tavola.pdf', type: 'application/pdf' } },
    ]);
  });

  it('passes a refusal on as the node gave it: code, line, XPath, reason', async () => {
    const errors = [{ line: 7, xpath: '/form/cap', reason: 'not five digits' }];
    const problem = {
      code: 'FORM_INVALID',
      detail: 'line 7, /form/cap: not five digits',
      details: { errors },
    };
    const server = await node(() => ({ status: 422, json: problem }));
    const home = await homeWith({ c_d150: server.url });
    const file = join(home, 'form.xml');
    await writeFile(file, '<form/>');
    const { code, out, err } = await cli([
      'practice',
      'file',
      '--at',
      'c_d150',
      '--procedure',
      'x',
      '--form',
      file,
      '--json',
      '--home',
      home,
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'FORM_INVALID', details: { errors } } });
    expect(err).toContain('line 7, /form/cap: not five digits');
  });

  it('knows a node that speaks another language for one, and a body that has none', async () => {
    const server = await node(() => ({ json: { hello: 'world' } }));
    const home = await homeWith({ c_d150: server.url });
    const list = await cli(['practice', 'list', '--at', 'c_d150', '--json', '--home', home]);
    expect(JSON.parse(list.out)).toMatchObject({ error: { code: 'NODE_ANSWER_UNEXPECTED' } });
    const nobody = await cli(['practice', 'list', '--at', 'c_x000', '--json', '--home', home]);
    expect(nobody.code).toBe(1);
    expect(JSON.parse(nobody.out)).toMatchObject({ error: { code: 'NODE_UNKNOWN' } });
  });
});

describe('practice act', { timeout: 30_000 }, () => {
  it('finds the practice by its CUI at the acting authority, and sends the act there', async () => {
    const server = await node(({ method, path }) => {
      if (method === 'POST')
        return {
          status: 201,
          json: {
            ...{ ...summary, eventId: CONCLUDED, type: 'external.notified', status: 'provisional' },
            protocol: registration,
          },
        };
      if (path === '/v1/practices') return { json: { practices: [summary], next: null } };
      return { json: detail('presented', [filing]) };
    });
    const home = await homeWith({ c_d150: server.url });
    const act = ['--type', 'external.notified', '--recipient', 'ats_x', '--time', '2026-03-04T10:00:00Z'];
    const { code, out } = await cli([
      'practice',
      'act',
      summary.cui,
      '--at',
      'c_d150',
      ...act,
      '--json',
      '--home',
      home,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ eventId: CONCLUDED, status: 'provisional', owner: 'c_d150' });
    const request = server.seen.at(-1);
    expect(request).toMatchObject({ path: `/v1/practices/${PRACTICE}/events`, query: { owner: 'c_d150' } });
    expect(await partsOf(request!)).toEqual([
      { name: 'type', content: 'external.notified' },
      { name: 'recipient', content: 'ats_x' },
      { name: 'at', content: '2026-03-04T10:00:00Z' },
    ]);
  });
});

describe('practice list', { timeout: 30_000 }, () => {
  it('without --at shows each practice once, with the state of its owner and who holds it', async () => {
    const at = (state: string) => node(() => ({ json: { practices: [{ ...summary, state }], next: null } }));
    const [one, other] = await Promise.all([at('started'), at('presented')]);
    const home = await homeWith({ p_cr: one.url, c_d150: other.url });
    const { out } = await cli(['practice', 'list', '--procedure', 'edilizia.scia', '--json', '--home', home]);
    expect(JSON.parse(out)).toMatchObject({
      practices: [{ cui: summary.cui, state: 'presented', authorities: ['p_cr', 'c_d150'] }],
      unreachable: [],
    });
    expect(one.seen[0]?.query).toMatchObject({ procedure: 'edilizia.scia', limit: '50' });
  });
});
