import { describe, expect, it } from 'vitest';
import { homeWith, standIns } from '../cli.fixture.ts';
import { readNetwork } from '../network/network-file.ts';
import { readAccesses } from './read-accesses.ts';

const standIn = standIns();
const PRACTICE = { owner: 'c_d150', uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' };
const READ = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  at: '2026-03-04T09:00:00.000Z',
  what: { kind: 'practice', id: null },
  by: { tokenId: 'rh_1', label: 'sportello', operator: 'Anna Rossi' },
  purpose: 'prot. 12/2026',
};

describe('who has opened a practice', () => {
  it('is asked of each participant’s own node; one that does not tell keeps no other from being heard', async () => {
    const city = await standIn(() => ({ json: { accesses: [READ], next: null } }));
    const province = await standIn(() => ({
      status: 403,
      json: { code: 'SCOPE_MISSING', detail: 'scope accesses' },
    }));
    const { members } = await readNetwork(await homeWith({ c_d150: city.url, p_cr: province.url }));
    const openings = await readAccesses(members, ['c_d150', 'p_cr', 'c_z999'], 'c_d150/' + PRACTICE.uuid);
    expect(openings).toMatchObject([
      { node: 'c_d150', accesses: [READ], unknown: null },
      { node: 'p_cr', accesses: [], unknown: { code: 'SCOPE_MISSING' } },
      { node: 'c_z999', accesses: [], unknown: { code: 'NODE_UNKNOWN' } },
    ]);
    const { owner, uuid: practice } = PRACTICE;
    expect(city.seen).toMatchObject([{ path: '/v1/accesses', query: { owner, practice, limit: '500' } }]);
  });
});
