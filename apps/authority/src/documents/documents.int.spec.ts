import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { issueCertificate } from '#embedded';
import { createLogger, readMutualTls } from '#platform';
import { aNetwork } from '#testing';
import { holderFiles, realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { exampleForm, Partner } from '../partner.fixture.ts';
import { UnnamedDocuments } from './unnamed-documents.ts';

const quiet = createLogger('spec', { level: 'silent' });
const network = await realNetwork(aNetwork());
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr', { fetching: true });
const neighbour = await TestNode.start(network, 'c_b898', { fetching: true });
const [office, counter, desk] = [
  await Partner.of(city),
  await Partner.of(province),
  await Partner.of(neighbour),
];
const PDF = Buffer.from(`%PDF-1.7 ${'0123456789'.repeat(20_000)}`);
const NAME = 'planimetria è.pdf';
/** A filing that concerns the bordering municipality too. */
const BORDER = Buffer.from(
  exampleForm().toString().replace('<inFasciaDiConfine>false', '<inFasciaDiConfine>true'),
);

interface Listed {
  readonly id: string;
  readonly role: string;
  readonly name: string | null;
  readonly status: string;
  readonly awaySince: string | null;
  readonly sha256: string | null;
  readonly saltedDigest: string;
}

const documentsOf = (partner: Partner, practice: string) =>
  partner
    .get<{ documents: Listed[] }>(`/v1/practices/${practice}/documents`)
    .then(({ documents }) => documents);

/** Waits until every document of the practice has this status. */
const allAre = (partner: Partner, practice: string, status: string) =>
  until(`all documents are ${status} at ${partner.node.ipa}`, async () => {
    const documents = await documentsOf(partner, practice);
    return documents.length > 0 && documents.every((one) => one.status === status) ? documents : undefined;
  });

async function filedWithAttachment() {
  const filing = await office.filed({ attachments: [{ name: NAME, bytes: PDF }] });
  const documents = await documentsOf(office, filing.practiceId);
  const attachment = documents.find(({ role }) => role === 'attachment');
  if (attachment === undefined) throw new Error('no attachment');
  return { ...filing, attachment, path: `/v1/practices/${filing.practiceId}/documents/${attachment.id}` };
}

describe('a document, for the partner', () => {
  it('comes whole, under its name, with its digest as entity tag', async () => {
    const { path, attachment } = await filedWithAttachment();
    const { status, headers, bytes } = await office.call(path);
    expect(status).toBe(200);
    expect(bytes.equals(PDF)).toBe(true);
    expect(headers.get('content-type')).toBe('application/pdf');
    expect(headers.get('etag')).toBe(`"${attachment.saltedDigest}"`);
    expect(headers.get('content-disposition')).toContain(encodeURIComponent(NAME));
    expect(headers.has('reset-hub-document-salt')).toBe(false);
  });

  it('comes in part for a single Range, and only as it was for If-Match', async () => {
    const { path, attachment } = await filedWithAttachment();
    const part = await office.call(path, {
      headers: { range: 'bytes=9-18', 'if-match': `"${attachment.saltedDigest}"` },
    });
    expect(part.status).toBe(206);
    expect(part.bytes.toString()).toBe('0123456789');
    expect(part.headers.get('content-range')).toBe(`bytes 9-18/${PDF.length}`);
    const end = await office.call(path, { headers: { range: 'bytes=-4' } });
    expect(end.bytes.toString()).toBe('6789');
    const other = await office.call(path, { headers: { 'if-match': `"${'0'.repeat(64)}"` } });
    expect(other.json).toMatchObject({ status: 412, code: 'DOCUMENT_PRECONDITION_FAILED' });
    const beyond = await office.call(path, { headers: { range: 'bytes=9999999-' } });
    expect(beyond.json).toMatchObject({ status: 416, code: 'DOCUMENT_RANGE_UNSATISFIABLE' });
  });

  it('is refused without the scope, and unknown ones are told so', async () => {
    const { path, practiceId } = await filedWithAttachment();
    const filer = await Partner.of(city, 'file');
    expect((await filer.call(path)).json).toMatchObject({ status: 403, code: 'SCOPE_MISSING' });
    const none = '01990000-0000-4000-8000-00000000ffff';
    expect((await office.call(`/v1/practices/${practiceId}/documents/${none}`)).json).toMatchObject({
      code: 'DOCUMENT_NOT_FOUND',
    });
    expect((await office.call(`/v1/practices/${none}/documents/${none}`)).json).toMatchObject({
      code: 'PRACTICE_NOT_FOUND',
    });
  });
});

describe('a document, for the nodes of participants', () => {
  const agents: Agent[] = [];
  let filed: Awaited<ReturnType<typeof filedWithAttachment>>;
  let decision: Buffer;
  let voiding: Buffer;

  beforeAll(async () => {
    await takeOutbox(city);
    const exchange = new Exchange(network, city);
    filed = await filedWithAttachment();
    await exchange.settle();
    await office.act(filed.practiceId, { type: 'integration.requested', days: '5' });
    await exchange.settle();
    const [first, second] = exchange.decided;
    if (first === undefined || second === undefined) throw new Error('nothing was decided');
    [decision, voiding] = [first.item, second.item];
  });

  afterAll(() => Promise.all(agents.map((agent) => agent.close())));

  function agentOf(connect: Agent.Options['connect']): Agent {
    const agent = new Agent({ connect: { ...(connect as object) } });
    agents.push(agent);
    return agent;
  }

  function asHolder(name: string): Agent {
    const { transport } = holderFiles(name);
    return agentOf(
      readMutualTls({
        cert: transport.certFile,
        key: transport.keyFile,
        ca: inject('kafka').pki.ca.certFile,
      }),
    );
  }

  async function fetchAs(
    dispatcher: Agent,
    presented: Buffer | string | undefined,
    base = city.http.peerUrl,
  ) {
    const url = `${base ?? ''}/v1/practices/c_d150/${filed.practiceId}/documents/${filed.attachment.id}`;
    const headers: Record<string, string> =
      presented === undefined
        ? {}
        : { 'reset-hub-decision': typeof presented === 'string' ? presented : presented.toString('base64') };
    const answer = await request(url, { dispatcher, headers });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const code = answer.statusCode < 300 ? null : (JSON.parse(bytes.toString()) as { code: string }).code;
    return { status: answer.statusCode, headers: answer.headers, bytes, code };
  }

  it('comes to one that presents the decision, with salt, digest and name', async () => {
    const { status, bytes, headers } = await fetchAs(asHolder('p_cr'), decision);
    expect(status).toBe(200);
    expect(bytes.equals(PDF)).toBe(true);
    expect(headers).toMatchObject({ 'reset-hub-document-sha256': filed.attachment.sha256 });
    expect(headers).toHaveProperty('reset-hub-document-salt');
  });

  it.each([
    ['a member that takes no part', () => asHolder('c_d142'), () => decision, 403, 'NOT_A_PARTICIPANT'],
    ['a service that is no member', () => asHolder('auditor'), () => decision, 403, 'PEER_NOT_RECOGNISED'],
    ['one without a decision', () => asHolder('p_cr'), () => undefined, 400, 'DOCUMENT_DECISION_MALFORMED'],
    ['one with a decision that is none', () => asHolder('p_cr'), () => 'AAAA', 400, 'XML_MALFORMED'],
    [
      'one with the decision on an event that does not name it',
      () => asHolder('p_cr'),
      () => voiding,
      404,
      'DOCUMENT_NOT_FOUND',
    ],
  ])('is refused to %s', async (_, agent, presented, status, code) => {
    expect(await fetchAs(agent(), presented())).toMatchObject({ status, code });
  });

  it('is refused to one with a tampered decision', async () => {
    const tampered = Buffer.from(decision.toString().replace(/index="0"/, 'index="1"'));
    expect((await fetchAs(asHolder('p_cr'), tampered)).status).toBeGreaterThanOrEqual(400);
  });

  it('is refused on the partners’ port, and at the handshake without a certificate', async () => {
    expect(await fetchAs(asHolder('p_cr'), decision, city.http.url)).toMatchObject({
      status: 401,
      code: 'CLIENT_CERTIFICATE_MISSING',
    });
    const ca = await readFile(inject('kafka').pki.ca.certFile);
    await expect(fetchAs(agentOf({ ca }), decision)).rejects.toThrow();
  });

  it('is refused to a certificate of the network’s authority that the registry does not list', async () => {
    const { ca } = inject('kafka').pki;
    const authority = {
      certificate: await readFile(ca.certFile, 'utf8'),
      key: await readFile(ca.keyFile, 'utf8'),
    };
    const forged = await issueCertificate(authority, {
      subject: { holder: 'p_cr', role: 'authority', purpose: 'transport', generation: 99 },
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 60_000),
    });
    const agent = agentOf({ cert: forged.certificate, key: forged.key, ca: authority.certificate });
    expect(await fetchAs(agent, decision)).toMatchObject({ status: 403, code: 'PEER_NOT_RECOGNISED' });
  });

  it('is refused to a certificate that was revoked', async () => {
    const other = await realNetwork();
    const node = await TestNode.start(other, 'c_d150');
    const agent = asHolder('p_cr');
    expect(await fetchAs(agent, decision, node.http.peerUrl)).not.toMatchObject({
      code: 'PEER_NOT_RECOGNISED',
    });
    await other.publish({
      kind: 'certificate.revoked',
      fingerprint: holderFiles('p_cr').transport.fingerprint as never,
      revokedFrom: new Date(Date.now() - 1000).toISOString(),
      reason: 'key-compromise',
    });
    expect(await fetchAs(agent, decision, node.http.peerUrl)).toMatchObject({
      status: 403,
      code: 'PEER_NOT_RECOGNISED',
    });
  });
});

describe('a document whose decision was signed with a key of the router’s that is in doubt since', () => {
  it('is served by the very decision that was accepted before, and by no other', async () => {
    const own = await realNetwork();
    const node = await TestNode.start(own, 'c_d150');
    const exchange = new Exchange(own, node);
    const partner = await Partner.of(node);
    const accepted = await partner.filed();
    await exchange.settle();
    const late = await partner.filed();
    const [sent] = await takeOutbox(node);
    await exchange.decide(sent?.value ?? Buffer.alloc(0));
    await own.revoke('router-1', new Date(Date.now() - 60_000));
    const { transport } = holderFiles('p_cr');
    const ca = inject('kafka').pki.ca.certFile;
    const connect = readMutualTls({ cert: transport.certFile, key: transport.keyFile, ca });
    const agent = new Agent({ connect: { ...(connect as object) } });
    const answers: unknown[] = [];
    for (const [index, { practiceId }] of [accepted, late].entries()) {
      const [document] = await documentsOf(partner, practiceId);
      const url = `${node.http.peerUrl}/v1/practices/c_d150/${practiceId}/documents/${document?.id}`;
      const item = exchange.decided[index]?.item.toString('base64') ?? '';
      const answer = await request(url, { dispatcher: agent, headers: { 'reset-hub-decision': item } });
      const text = await answer.body.text();
      answers.push(answer.statusCode === 200 ? 200 : (JSON.parse(text) as { code: string }).code);
    }
    await agent.close();
    expect(answers).toEqual([200, 'KEY_REVOKED_BEFORE_ARRIVAL']);
  });
});

describe('the documents of a received event', () => {
  it('are fetched at once, the same in every byte, and the author is told when all are there', async () => {
    await takeOutbox(city);
    const exchange = new Exchange(network, city, province);
    const { practiceId, path, attachment } = await filedWithAttachment();
    await exchange.settle();
    const documents = await allAre(counter, practiceId, 'complete');
    expect(documents.map(({ role, name }) => ({ role, name }))).toEqual(
      expect.arrayContaining([
        { role: 'form', name: 'modulo.xml' },
        { role: 'attachment', name: NAME },
      ]),
    );
    expect(documents.find(({ id }) => id === attachment.id)).toMatchObject({ sha256: attachment.sha256 });
    expect((await counter.call(path)).bytes.equals(PDF)).toBe(true);
    await exchange.settle();
    const view = await office.get<{ receipts: { by: string; kind: string }[] }>(
      `/v1/practices/${practiceId}`,
    );
    expect(view.receipts.map(({ by, kind }) => `${by} ${kind}`).sort()).toEqual([
      'p_cr documents-complete',
      'p_cr received',
      'p_cr registered',
    ]);
    const own = await counter.get<{ documents: unknown }>(`/v1/practices/${practiceId}`);
    expect(own.documents).toMatchObject({ total: 3, complete: 3 });
  });

  it('make the practice findable by the text of its form, at the receiver too', async () => {
    await takeOutbox(city);
    const form = Buffer.from(exampleForm().toString().replaceAll('>Cognome<', '>Altrocognome<'));
    const { practiceId, cui } = await office.filed({ form });
    await new Exchange(network, city, province).settle();
    await allAre(counter, practiceId, 'complete');
    expect(await counter.get('/v1/practices?q=altrocognome')).toMatchObject({ practices: [{ cui }] });
  });

  it('wait while the author is away, visibly, and come when it is back', async () => {
    await takeOutbox(city);
    await city.announce('https://127.0.0.1:1');
    const { practiceId } = await office.filed();
    await new Exchange(network, city, province).settle();
    const [away] = await allAre(counter, practiceId, 'author-away');
    expect(away?.awaySince).not.toBeNull();
    const held = await counter.get<{ documents: object }>(`/v1/practices/${practiceId}`);
    expect(held.documents).toMatchObject({ complete: 0, state: 'author-away' });
    expect(held.documents).toHaveProperty('awaySince', expect.any(String));
    const path = `/v1/practices/${practiceId}/documents/${away?.id ?? ''}`;
    expect((await counter.call(path)).json).toMatchObject({ status: 404, code: 'DOCUMENT_NOT_FOUND' });
    await city.announce();
    const [back] = await allAre(counter, practiceId, 'complete');
    expect(back?.awaySince).toBeNull();
  });

  it('come from another participant while the author is away', async () => {
    await takeOutbox(city);
    const exchange = new Exchange(network, city, province);
    const { practiceId } = await office.filed({ form: BORDER, attachments: [{ name: NAME, bytes: PDF }] });
    await exchange.settle();
    await allAre(counter, practiceId, 'complete');
    await city.announce('https://127.0.0.1:1');
    const [filing] = exchange.decided;
    if (filing === undefined) throw new Error('nothing was decided');
    await new Exchange(network, neighbour).deliver(filing);
    const documents = await allAre(desk, practiceId, 'complete');
    expect(documents).toHaveLength(3);
    await city.announce();
  });
});

describe('documents of requests that a crash cut short', () => {
  it('are deleted at the second look, those that an event names never', async () => {
    const { practiceId, attachment } = await filedWithAttachment();
    const key = { ...(await city.stored())[0]!, document: '01990000-0000-4000-8000-00000000dead' as never };
    const content = (function* () {
      yield Buffer.from('left over');
    })();
    await city.parts.documents.put(key, content as never, { maxBytes: 100 });
    const before = (await city.stored()).length;
    const sweeper = new UnnamedDocuments(city.parts.documents, city.parts.work, quiet);
    expect(await sweeper.sweep()).toBe(0);
    expect(await city.stored()).toHaveLength(before);
    expect(await sweeper.sweep()).toBe(1);
    expect(await city.parts.documents.has(key)).toBe(false);
    expect(await city.stored()).toHaveLength(before - 1);
    expect((await office.call(`/v1/practices/${practiceId}/documents/${attachment.id}`)).status).toBe(200);
  });
});
