import { describe, expect, it } from 'vitest';
import { cli, homeWith, standIns } from '../cli.fixture.ts';

const ID = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const node = standIns();

describe('document lost', { timeout: 30_000 }, () => {
  const check = { startedAt: '2026-03-04T09:00:00.000Z', checked: 812, missing: 1, failed: 0 };
  const document = {
    ...{ id: ID, role: 'form', author: 'c_d150', owner: 'c_d150', practiceId: ID, attempts: 3 },
    ...{ foundAt: '2026-03-04T09:00:01.000Z', code: 'DOCUMENT_SOURCE_REFUSED' },
  };

  it('tells what the disk has lost and why nobody has given it, after a look through the store if asked, and ends with 1', async () => {
    const ends = [null, '2026-03-04T09:00:02.000Z'];
    const member = await node(({ method }) => ({
      json:
        method === 'POST'
          ? { started: true }
          : { total: 1, lastCheck: { ...check, endedAt: ends.shift() ?? null }, documents: [document] },
    }));
    const home = await homeWith({ c_d150: member.url });
    const { code, out } = await cli(['document', 'lost', '--at', 'c_d150', '--check', '--home', home]);
    expect(code).toBe(1);
    expect(out).toContain('DOCUMENT_SOURCE_REFUSED');
    expect(out).toContain('ended 2026-03-04T09:00:02.000Z: 812 looked at, 1 missing');
    expect(member.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/lost-documents/checks',
      'GET /v1/lost-documents',
      'GET /v1/lost-documents',
    ]);
  });

  it('ends with 0 where nothing is missing', async () => {
    const member = await node(() => ({ json: { total: 0, lastCheck: null, documents: [] } }));
    const home = await homeWith({ c_d150: member.url });
    expect(await cli(['document', 'lost', '--at', 'c_d150', '--home', home])).toMatchObject({ code: 0 });
  });
});
