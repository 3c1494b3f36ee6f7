import { describe, expect, it } from 'vitest';
import { done } from '#messaging';
import { bufferHeaders } from '#testing';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { TestInbox } from '../inbox.fixture.ts';
import { Partner } from '../partner.fixture.ts';

const network = await realNetwork();
const province = await TestNode.start(network, 'p_cr');
const inbox = await TestInbox.of(province);
const { partner } = inbox;

describe('release', () => {
  it('runs the same checks, takes the record in when they pass now, and only once', async () => {
    const { records, practice } = await inbox.practice(1);
    const broken = { ...records[1]!, headers: bufferHeaders({ hub_class: 'rumour' }), offset: 'to-release' };
    await inbox.receive(records[0]!, broken);
    const id = (await inbox.parked()).at(-1)?.id ?? '';
    const path = `/v1/quarantine/${id}/release`;
    expect((await partner.call(path, { method: 'POST' })).json).toMatchObject({ status: 'parked' });
    // The node was updated and knows the class now.
    const stored = Object.entries(records[1]!.headers).map(([name, value]) => [
      name,
      value.toString('base64'),
    ]);
    await province.rows('update quarantine set headers = $2 where id = $1', [
      id,
      JSON.stringify(Object.fromEntries(stored)),
    ]);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        partner.call(path, { method: 'POST', headers: { 'idempotency-key': 'go' } }),
      ),
    );
    expect(answers.map(({ json }) => json)).toEqual(
      answers.map(() => ({ id, status: 'released', code: null, action: answers[0]?.json?.['action'] })),
    );
    expect((await partner.call(path, { method: 'POST' })).json).toMatchObject({
      code: 'QUARANTINE_ALREADY_CLOSED',
    });
    expect(await inbox.timeline(practice)).toEqual(['1 accepted', '2 accepted']);
    expect(await inbox.receive(records[1]!)).toEqual([done()]);
    const { entries } = await partner.get<{ entries: { id: string }[] }>('/v1/quarantine?status=released');
    expect(entries.map((entry) => entry.id)).toEqual([id]);
  });

  it('happens once when several release at the same moment', async () => {
    const { first } = await inbox.practice(0);
    await inbox.receive({ ...first, headers: bufferHeaders({ hub_class: 'rumour' }), offset: 'at-once' });
    const id = (await inbox.parked()).at(-1)?.id ?? '';
    const headers = Object.entries(first.headers).map(([name, value]) => [name, value.toString('base64')]);
    await province.rows('update quarantine set headers = $2 where id = $1', [
      id,
      JSON.stringify(Object.fromEntries(headers)),
    ]);
    const release = () => partner.call(`/v1/quarantine/${id}/release`, { method: 'POST' });
    const answers = await Promise.all([release(), release(), release(), release()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  it('is for those who hold the scope', async () => {
    const reader = await Partner.of(province, 'read');
    expect((await reader.call('/v1/quarantine')).json).toMatchObject({ code: 'SCOPE_MISSING' });
    const unknown = '01990000-0000-7000-8000-00000000ffff';
    expect((await partner.call(`/v1/quarantine/${unknown}/release`, { method: 'POST' })).json).toMatchObject({
      code: 'QUARANTINE_NOT_FOUND',
    });
  });
});
