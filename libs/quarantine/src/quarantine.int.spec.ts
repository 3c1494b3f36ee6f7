import { describe, expect, it } from 'vitest';
import { ERROR_POLICIES } from '#errors';
import { sha256Hex } from '#evidence';
import { done, hold, park, retry } from '#messaging';
import { writePageCursor } from '#platform';
import { anEvent, bufferHeaders, makeToken } from '#testing';
import { record, TestDesk, TOKEN } from './quarantine.fixture.ts';
import { ReleaseQuarantined } from './release-quarantined.ts';
import { anyParked, closePassed, supersedeParked } from './settle-parked.ts';

const desk = await TestDesk.open();
const { clock, get, http, idAt, judged, keep, network, parkedAt, token, work } = desk;
const released = http.app.get(ReleaseQuarantined);
const release = (id: string) => work.run((tx) => released.run(tx, id, TOKEN));

describe('the quarantine over REST', () => {
  it('tells of an entry why, in both languages, and what can be done; of one asked for, bytes and headers', async () => {
    const id = await parkedAt(record.origin.offset);
    const { it: italian, en, remedy } = ERROR_POLICIES.EVENT_VOIDED;
    const entry = {
      id,
      at: 'here',
      member: 'c_d150',
      code: 'EVENT_VOIDED',
      reason: 'number 2 was voided',
      sentence: { it: italian, en },
      remedy,
      status: 'parked',
      parkedAt: clock.now().toISOString(),
      closedAt: null,
      origin: record.origin,
      claims: { eventId: null, author: 'c_d150', practice: null },
    };
    expect(await get('/v1/quarantine')).toEqual({ entries: [entry], next: null });
    const next = writePageCursor([entry.parkedAt, id]);
    expect(await get('/v1/quarantine?limit=1')).toEqual({ entries: [entry], next });
    expect(await get(`/v1/quarantine?after=${next}`)).toEqual({ entries: [], next: null });
    expect(await get('/v1/quarantine?after=x')).toMatchObject({ code: 'CURSOR_INVALID' });
    expect(await get('/v1/quarantine?status=released')).toEqual({ entries: [], next: null });
    expect(await get(`/v1/quarantine/${id}`)).toEqual({
      ...entry,
      bytes: record.bytes.toString('base64'),
      headers: { ce_id: Buffer.from('an id').toString('base64') },
      headersText: { ce_id: 'an id' },
      size: record.bytes.length,
      sha256: sha256Hex(record.bytes),
      signedBy: null,
      discardable: true,
      readable: null,
      actions: [],
    });
    const unknown = '01990000-0000-7000-8000-ffffffffffff';
    expect(await get(`/v1/quarantine/${unknown}`)).toMatchObject({ code: 'QUARANTINE_NOT_FOUND' });
  });
});

describe('a record that fails again', () => {
  it('stays one entry, and is news only where it may be, with another code or once it was released', async () => {
    const origin = { ...record.origin, offset: 'again' };
    const other = { ...record, origin, code: 'EQUIVOCATION' } as const;
    expect(await keep({ ...record, origin })).toBe(true);
    expect(await keep({ ...record, origin })).toBe(false);
    expect(await keep(other)).toBe(true);
    expect(await keep(other)).toBe(false);
    desk.verdict = done();
    await release(await parkedAt('again'));
    expect(await keep(other)).toBe(true);
    expect(await keep(other)).toBe(false);
  });
});

describe('a release', () => {
  it.each([
    [done(), { status: 'released', code: null }, 'released'],
    [hold('EVENT_BEHIND_GAP'), { status: 'held', code: 'EVENT_BEHIND_GAP' }, 'released'],
    [park('EQUIVOCATION'), { status: 'parked', code: 'EQUIVOCATION' }, 'parked'],
    [retry(1), { status: 'later', code: null }, 'parked'],
  ] as const)('judges the record as it came: %o', async (outcome, answer, status) => {
    const id = await parkedAt(`judged-${outcome.kind}`);
    desk.verdict = outcome;
    expect(await release(id)).toEqual({ id, ...answer, action: expect.any(String) as string });
    const { origin, bytes, headers } = {
      ...record,
      origin: { ...record.origin, offset: `judged-${outcome.kind}` },
    };
    expect(judged.at(-1)).toEqual({ ...origin, key: null, value: bytes, headers, timestamp: clock.now() });
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ status, reason: 'judged' });
  });

  it('answers the same again to the same Idempotency-Key', async () => {
    const id = await parkedAt('asked-again');
    desk.verdict = done();
    const ask = async (key: string): Promise<unknown> => {
      const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key };
      const url = new URL(`/v1/quarantine/${id}/release`, http.url);
      return await (await fetch(url, { method: 'POST', headers })).json();
    };
    const first = await ask('go');
    expect(first).toEqual({ id, status: 'released', code: null, action: expect.any(String) as string });
    expect(await ask('go')).toEqual(first);
    expect(await ask('another')).toMatchObject({ code: 'QUARANTINE_ALREADY_CLOSED' });
  });

  it('is undone with the transaction that it is part of', async () => {
    const id = await parkedAt('undone');
    desk.verdict = done();
    const undone = work.run(async (tx) => {
      await released.run(tx, id, TOKEN);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow();
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ status: 'parked', reason: record.reason });
  });
});

describe('what is parked', () => {
  it('is found by code, outbox, time, and what its headers claim, and counted by code and status', async () => {
    const eventId = '01990000-0000-7000-8000-0000000000ee';
    const uuid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
    const topic = 'practice.outbox.p_cr';
    clock.advance(60_000);
    await keep({
      origin: { topic, partition: 0, offset: 'found' },
      headers: bufferHeaders({ ce_id: eventId, ce_subject: `c_d150/${uuid}` }),
      bytes: Buffer.from('<Found/>'),
      code: 'ID_MALFORMED',
      reason: 'found',
    });
    const since = clock.now().toISOString();
    const [entry] = await found('code=ID_MALFORMED');
    expect(entry).toMatchObject({
      claims: { eventId, author: 'p_cr', practice: { owner: 'c_d150', uuid } },
    });
    for (const query of [
      'member=p_cr',
      `topic=${topic}`,
      `eventId=${eventId}`,
      `practice=c_d150/${uuid}`,
      `since=${since}`,
      'member=p_cr&status=parked&code=ID_MALFORMED',
    ]) {
      expect(await found(query)).toEqual([entry]);
    }
    for (const query of [
      'member=c_d142',
      'code=ID_MALFORMED&status=discarded',
      `until=${since}&member=p_cr`,
    ]) {
      expect(await found(query)).toEqual([]);
    }
    expect(await get('/v1/quarantine/counts?member=p_cr')).toEqual({
      at: 'here',
      counts: [{ code: 'ID_MALFORMED', status: 'parked', count: 1, oldest: since }],
    });
  });

  it('gives its bytes as they came, says whose key signed them, and what can be read of them', async () => {
    const { bytes, event } = await anEvent(network).signed();
    await keep({ ...record, origin: { ...record.origin, offset: 'whose' }, bytes });
    const id = await idAt('whose');
    const answer = await fetch(new URL(`/v1/quarantine/${id}/bytes`, http.url), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({
      signedBy: 'c_d150',
      discardable: false,
      readable: { id: event.id, author: 'c_d150', type: event.type, number: event.sequence.number },
    });
  });

  it('shows in the node’s health and metrics', async () => {
    const health = (await get('/health')) as { checks: Record<string, { status: string; detail: string }> };
    expect(health.checks['quarantine']).toMatchObject({
      status: 'degraded',
      detail: expect.stringMatching(/^\d+ parked since .*ID_MALFORMED 1/) as string,
    });
    const reader = await makeToken(http, 'read');
    const headers = { authorization: `Bearer ${reader.token}` };
    const metrics = await (await fetch(new URL('/metrics', http.url), { headers })).text();
    expect(metrics).toMatch(/quarantine_entries{code="ID_MALFORMED",status="parked".*} 1/);
    expect(metrics).toMatch(/quarantine_parked_entries{.*} [1-9]/);
    expect(metrics).toMatch(/quarantine_oldest_parked_age_seconds{.*} \d/);
  });
});

describe('an entry needs nobody any more', () => {
  it('once the same bytes have passed at another place', async () => {
    const bytes = Buffer.from('<Passed/>');
    for (const offset of ['passed-1', 'passed-2'])
      await keep({ ...record, origin: { ...record.origin, offset }, bytes });
    expect(await work.run(anyParked)).toBe(true);
    expect(await work.run((tx) => closePassed(tx, [sha256Hex(bytes)], clock.now()))).toBe(2);
    expect(await work.run((tx) => closePassed(tx, [sha256Hex(bytes)], clock.now()))).toBe(0);
    expect(await get(`/v1/quarantine/${await idAt('passed-1')}`)).toMatchObject({ status: 'released' });
  });

  it('once its author has settled it; what stands in another’s outbox is not touched', async () => {
    const bytes = Buffer.from('<Settled/>');
    const other = { topic: 'practice.outbox.p_cr', partition: 0, offset: 'settled-other' };
    for (const origin of [{ ...record.origin, offset: 'settled-own' }, other])
      await keep({ ...record, origin, bytes });
    const { topic } = record.origin;
    await work.run((tx) => supersedeParked(tx, [{ topic, digest: sha256Hex(bytes) }], clock.now()));
    expect(await get(`/v1/quarantine/${await idAt('settled-own')}`)).toMatchObject({ status: 'superseded' });
    expect(await get(`/v1/quarantine/${await idAt('settled-other')}`)).toMatchObject({ status: 'parked' });
  });
});

async function found(query: string): Promise<unknown[]> {
  const { entries } = (await get(`/v1/quarantine?${query}`)) as { entries: unknown[] };
  return entries;
}
