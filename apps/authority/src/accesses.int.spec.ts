import { describe, expect, it } from 'vitest';
import { AnchorAccesses } from '#access-log';
import { realNetwork, TestNode } from './authority.fixture.ts';
import { Partner } from './partner.fixture.ts';

const network = await realNetwork();
const node = await TestNode.start(network, 'c_d150');
const operator = await Partner.of(node);
const system = await Partner.of(node, 'read');
const auditor = await Partner.of(node, 'accesses');
const pdf = Buffer.from('%PDF-1.7 relazione');

interface Shown {
  readonly id: string;
  readonly what: { readonly kind: string; readonly practice: object | null; readonly id: string | null };
  readonly per: string;
  readonly by: { readonly kind: string; readonly label: string; readonly operator: string | null };
  readonly purpose: string | null;
}

async function accessesOf(practice: string): Promise<readonly Shown[]> {
  const { accesses } = await auditor.get<{ accesses: readonly Shown[] }>(`/v1/accesses?practice=${practice}`);
  return accesses;
}

const filed = () => operator.filed({ attachments: [{ name: 'relazione.pdf', bytes: pdf }] });

describe('who has read what of a practice', () => {
  it('is each read of an operator’s: the practice, its events, decisions, proofs, documents and protocol', async () => {
    const { practiceId, eventId } = await filed();
    const base = `/v1/practices/${practiceId}`;
    const { documents } = await operator.get<{ documents: readonly { id: string; role: string }[] }>(
      `${base}/documents`,
    );
    const document = documents.find(({ role }) => role === 'attachment')?.id ?? '';
    await operator.get(base);
    await operator.call(`${base}/events`);
    await operator.call(`${base}/events/${eventId}`);
    await operator.call(`${base}/receipt`);
    await operator.call(`${base}/protocol`);
    await operator.call(`${base}/events/${eventId}/segnatura`);
    const { bytes } = await operator.call(`${base}/documents/${document}`);
    expect(bytes.equals(pdf)).toBe(true);
    const accesses = await accessesOf(practiceId);
    const practice = { owner: 'c_d150', uuid: practiceId };
    expect(accesses.map(({ what }) => what)).toEqual([
      { kind: 'documents', practice, id: null },
      { kind: 'practice', practice, id: null },
      { kind: 'events', practice, id: null },
      { kind: 'event', practice, id: eventId },
      { kind: 'filing-receipt', practice, id: null },
      { kind: 'protocol', practice, id: null },
      { kind: 'segnatura', practice, id: eventId },
      { kind: 'document', practice, id: document },
    ]);
    expect(accesses.every(({ per, by }) => per === 'read' && by.kind === 'token')).toBe(true);
  });

  it('is one a day for a partner’s own system, and each read of the person for whom it reads', async () => {
    const { practiceId } = await filed();
    const path = `/v1/practices/${practiceId}`;
    await system.get(path);
    await system.get(`${path}/documents`);
    const headers = { 'reset-hub-operator': 'u-417', 'reset-hub-purpose': 'prot. 12/2026' };
    await system.call(path, { headers });
    await system.call(path, { headers });
    const accesses = await accessesOf(practiceId);
    expect(accesses.map(({ per, by, purpose }) => [per, by.operator, purpose])).toEqual([
      ['day', null, null],
      ['read', 'u-417', 'prot. 12/2026'],
      ['read', 'u-417', 'prot. 12/2026'],
    ]);
  });

  it('is not what was asked for and not answered', async () => {
    const { practiceId } = await filed();
    const unknown = '01990000-0000-7000-8000-00000000a0a0';
    expect((await operator.call(`/v1/practices/${practiceId}/events/${unknown}`)).status).toBe(404);
    expect((await operator.call(`/v1/practices/${practiceId}/documents/${unknown}`)).status).toBe(404);
    const headers = { 'reset-hub-purpose': 'x'.repeat(201) };
    const refused = await operator.call(`/v1/practices/${practiceId}`, { headers });
    expect([refused.status, refused.json?.['code']]).toEqual([400, 'ACCESS_HEADER_MALFORMED']);
    expect(await accessesOf(practiceId)).toEqual([]);
  });

  it('or nothing is answered: where it cannot be noted, nobody reads', async () => {
    const { practiceId } = await filed();
    await node.rows('alter table access_record rename to access_record_gone');
    const answers = await Promise.all(
      ['', '/documents', '/receipt'].map((what) => operator.call(`/v1/practices/${practiceId}${what}`)),
    );
    await node.rows('alter table access_record_gone rename to access_record');
    expect(answers.map(({ status }) => status)).toEqual([500, 500, 500]);
    expect(await accessesOf(practiceId)).toEqual([]);
  });

  it('is for those alone who may see it, and is proved under the anchor of its minute', async () => {
    const { practiceId } = await filed();
    await operator.get(`/v1/practices/${practiceId}`);
    expect((await operator.call('/v1/accesses')).status).toBe(403);
    const [access] = await accessesOf(practiceId);
    const anchors = node.http.app.get(AnchorAccesses, { strict: false });
    await node.rows(`update access_anchor set at = at - interval '1 hour'`);
    await anchors.run();
    const proof = await auditor.get<{ entry: string; size: number; node: string }>(
      `/v1/accesses/${access?.id ?? ''}/proof`,
    );
    expect(proof.node).toBe('c_d150');
    expect(JSON.parse(Buffer.from(proof.entry, 'base64').toString())).toMatchObject({
      id: access?.id,
      node: 'c_d150',
      what: { kind: 'practice', practice: { uuid: practiceId } },
    });
  });
});
