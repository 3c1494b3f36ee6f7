import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, homeWith, type Reply, standIns } from '../cli.fixture.ts';

const node = standIns();

const entry = {
  register: 'PG',
  year: 2026,
  number: '0000042',
  date: '2026-03-04',
  direction: 'in',
  cui: 'c_d150/2026/000001',
  eventId: '018f0000-0000-7000-8000-000000000001',
  author: 'c_d150',
  type: 'practice.filed',
  subject: 'SCIA: presentazione. Pratica c_d150/2026/000001',
  correspondents: [{ name: 'Comune di Cremona', ipa: 'c_d150' }],
  sent: { body: 'c_d150', number: '0000007', date: '2026-03-04' },
  state: 'registered',
  cancellation: null,
};

describe('protocol', { timeout: 30_000 }, () => {
  it('lists the register of one authority by what is asked, and says how to go on', async () => {
    const member = await node(() => ({ json: { entries: [entry], next: 'more' } }));
    const home = await homeWith({ p_cr: member.url });
    const { code, out } = await cli([
      ...['protocol', 'list', '--at', 'p_cr', '--year', '2026', '--direction', 'in', '--home', home],
    ]);
    expect(code).toBe(0);
    expect(out).toContain('2026/0000042');
    expect(out).toContain('--after more');
    expect(member.seen[0]).toMatchObject({
      path: '/v1/protocol',
      query: { year: '2026', direction: 'in', limit: '50' },
    });
  });

  it('tells which numbers a restore has left without their entries, and why', async () => {
    const sentence = { it: 'numero perso', en: 'number lost' };
    const number = {
      ...{ register: 'PG', year: 2026, number: '0000041', foundAt: '2026-03-05T09:00:00.000Z' },
      ...{ message: null, registeredAgain: false, reason: { code: 'PROTOCOL_NUMBER_LOST', sentence } },
    };
    const member = await node(() => ({ json: { numbers: [number], next: null } }));
    const home = await homeWith({ p_cr: member.url });
    const { code, out } = await cli(['protocol', 'lost', '--at', 'p_cr', '--year', '2026', '--home', home]);
    expect(code).toBe(0);
    expect(out).toMatch(/PG 2026\/0000041 .*PROTOCOL_NUMBER_LOST: num(ero perso|ber lost)/);
    expect(member.seen[0]).toMatchObject({
      path: '/v1/protocol/lost',
      query: { year: '2026', all: 'false', limit: '100' },
    });
  });

  it('shows an entry by year and number, and refuses a name that is none with code 2', async () => {
    const member = await node(() => ({ json: entry }));
    const home = await homeWith({ p_cr: member.url });
    const show = (name: string) => cli(['protocol', 'show', name, '--at', 'p_cr', '--home', home]);
    const shown = await show('2026/0000042');
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('c_d150 0000007 2026-03-04');
    expect(member.seen[0]?.path).toBe('/v1/protocol/2026/42');
    expect((await show('42')).code).toBe(2);
    expect(member.seen).toHaveLength(1);
  });

  it('writes the daily register as the node gives it, byte for byte', async () => {
    const day = { register: 'PG', date: '2026-03-04', entries: [entry], cancellations: [] };
    const member = await node(() => ({ json: day }));
    const home = await homeWith({ p_cr: member.url });
    const out = join(await mkdtemp(join(tmpdir(), 'reset-hub-day-')), 'registro.json');
    const ran = await cli([
      ...['protocol', 'day', '2026-03-04', '--at', 'p_cr', '--out', out, '--json', '--home', home],
    ]);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ date: '2026-03-04', entries: 1, cancellations: 0 });
    expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(day);
    expect(member.seen[0]?.path).toBe('/v1/protocol/days/2026-03-04');
  });

  it('cancels with reason and act, and passes on what the node refuses', async () => {
    const cancelled = {
      ...entry,
      state: 'cancelled',
      cancellation: { at: 'now', reason: 'registered-twice', act: 'DET/2026/1' },
    };
    const replies: Reply[] = [
      { status: 201, json: cancelled },
      { status: 409, json: { code: 'PROTOCOL_ALREADY_CANCELLED', detail: 'it is' } },
    ];
    const member = await node(() => replies.shift());
    const home = await homeWith({ p_cr: member.url });
    const cancel = [
      ...['protocol', 'cancel', '2026/42', '--at', 'p_cr', '--home', home],
      ...['--reason', 'registered-twice', '--act', 'DET/2026/1', '--idempotency-key', 'k', '--json'],
    ];
    const done = await cli(cancel);
    expect(done.code).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({ state: 'cancelled' });
    expect(member.seen[0]).toMatchObject({ method: 'POST', path: '/v1/protocol/2026/42/cancellation' });
    expect(JSON.parse(member.seen[0]?.body.toString() ?? '')).toEqual({
      reason: 'registered-twice',
      act: 'DET/2026/1',
    });
    const again = await cli(cancel);
    expect(again.code).toBe(1);
    expect(again.out).toContain('PROTOCOL_ALREADY_CANCELLED');
  });
});
