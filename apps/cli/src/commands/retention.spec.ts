import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, homeWith, standIns, type Seen } from '../cli.fixture.ts';

const ID = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const node = standIns();

const due = {
  ...{
    cui: 'c_d150/2026/000001',
    procedure: 'edilizia.scia',
    part: 'owner',
    owner: 'c_d150',
    practiceId: ID,
  },
  ...{ state: 'refused', closedAt: '2026-03-04T09:00:00.000Z', dueSince: '2036-03-04T09:00:00.000Z' },
  ...{ basis: 'massimario 4.2', documents: 7, bytes: 4096 },
};
const plan = { periods: [], sealed: true, practices: 1, documents: 7, bytes: 4096, more: false, due: [due] };
const request = {
  ...{ id: ID, status: 'open', requestedAt: '2046-03-04T09:00:00.000Z', requestedBy: 'archivio' },
  ...{ act: 'SAB/2046/123', reason: 'elenco 3', expiresAt: '2046-03-18T09:00:00.000Z', decidedAt: null },
  ...{ decidedBy: null, note: null, destroyedAt: null, appliedAt: null },
  ...{ practices: 1, documents: 7, bytes: 4096, spared: 0 },
};
const said = ({ method, path }: Seen): string => `${method} ${path}`;

describe('retention', { timeout: 30_000 }, () => {
  it('apply --dry-run tells what would go, and asks for nothing', async () => {
    const member = await node(() => ({ json: plan }));
    const home = await homeWith({ c_d150: member.url });
    const args = [
      'retention',
      'apply',
      '--at',
      'c_d150',
      '--dry-run',
      '--except',
      'c_d150/2026/9',
      '--home',
      home,
    ];
    const { code, out } = await cli(args);
    expect(code).toBe(0);
    expect(out).toContain('due: 7 documents of 1 practices, 4096 bytes');
    expect(out).toContain('massimario 4.2');
    expect(member.seen.map(said)).toEqual(['GET /v1/retention/plan']);
    expect(member.seen[0]?.query).toEqual({ except: 'c_d150/2026/9' });
  });

  it('apply asks with act and reason, and says who has to do what next', async () => {
    const member = await node(() => ({ status: 201, json: request }));
    const home = await homeWith({ c_d150: member.url });
    const asking = ['retention', 'apply', '--at', 'c_d150', '--home', home];
    const { code, err } = await cli(asking);
    expect(code).toBe(2);
    expect(err).toContain('--act');
    const given = ['--act', 'SAB/2046/123', '--reason', 'elenco 3', '--idempotency-key', 'k'];
    const { out } = await cli([...asking, ...given]);
    expect(out).toContain(`retention approve ${ID} --at c_d150`);
    expect(member.seen.map(said)).toEqual(['POST /v1/retention/requests']);
    const [asked] = member.seen;
    expect(asked?.idempotencyKey).toBe('k');
    expect(JSON.parse(asked?.body.toString() ?? '')).toEqual({
      ...{ act: 'SAB/2046/123', reason: 'elenco 3', except: [] },
    });
  });

  it("approve uses the second person's token and waits until all is gone", async () => {
    const statuses = ['approved', 'applied'];
    const member = await node(({ method }) => ({
      json: { ...request, status: method === 'POST' ? 'approved' : (statuses.shift() ?? 'applied') },
    }));
    const home = await homeWith({ c_d150: member.url });
    const file = join(home, 'mine.token');
    await writeFile(file, 'rh_second\n');
    const args = [
      'retention',
      'approve',
      ID,
      '--at',
      'c_d150',
      '--token-file',
      file,
      '--json',
      '--home',
      home,
    ];
    const { code, out } = await cli(args);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: 'applied' });
    expect(member.seen.map(said)).toEqual([
      `POST /v1/retention/requests/${ID}/approve`,
      `GET /v1/retention/requests/${ID}`,
      `GET /v1/retention/requests/${ID}`,
    ]);
    expect(new Set(member.seen.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer rh_second']),
    );
  });

  it('list and show tell what became of requests', async () => {
    const of = [{ ...due, spared: false, action: ID }];
    const member = await node(({ path }) => ({
      json: path.endsWith(ID) ? { ...request, of } : { requests: [request], next: null },
    }));
    const home = await homeWith({ c_d150: member.url });
    const listed = await cli(['retention', 'list', '--at', 'c_d150', '--home', home]);
    expect(listed.out).toContain('SAB/2046/123');
    const shown = await cli(['retention', 'show', ID, '--at', 'c_d150', '--home', home]);
    expect([shown.code, shown.out.includes('c_d150/2026/000001')]).toEqual([0, true]);
  });
});
