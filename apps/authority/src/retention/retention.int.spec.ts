import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { CreateToken } from '#access';
import { parseDocumentId, parsePracticeId, topics } from '#contracts';
import { FileDocumentStore } from '#documents';
import { verifyAction, verifyDecision, verifyEvent, type Signer } from '#evidence';
import { copyDatabase } from '#testing';
import { merkleRoot } from '#tlog';
import { keysOf, realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { Partner, type Filed } from '../partner.fixture.ts';
import { UnnamedDocuments } from '../documents/unnamed-documents.ts';
import { DestroyDocuments, type DestroyingStep } from './destroy-documents.ts';
import { parsePeriods } from './periods.ts';
import type { PlanView, RequestDetail, RequestView } from './retention-shapes.ts';

const network = await realNetwork();
const key = network.signerOf('c_d150');
let isAway = false;
const signer: Signer = {
  certificate: key.certificate,
  holder: key.holder,
  sign: (data) => (isAway ? Promise.reject(new Error('the key is away')) : key.sign(data)),
};
const periods = parsePeriods({
  periods: [
    { procedure: 'commercio.*', keep: 'for-ever', basis: 'massimario 7.1' },
    { procedure: 'edilizia.*', part: 'owner', keep: { days: 0 }, basis: 'massimario 4.2' },
  ],
});
const city = await TestNode.start(network, 'c_d150', { fetching: true, signer, periods });
const province = await TestNode.start(network, 'p_cr', { fetching: true });
const [office, counter] = [await Partner.of(city), await Partner.of(province)];
const [archivist, head] = [await Partner.of(city, 'retention'), await Partner.of(city, 'retention')];
const exchange = new Exchange(network, city, province);
const PDF = Buffer.from(`%PDF-1.7 ${'AAAAAA00A00A000A '.repeat(9_000)}`);
const APPLY = { act: 'SAB/2046/123', reason: 'elenco di scarto 3/2046' };

beforeAll(async () => {
  await city.sealing.run();
});

const post = (by: Partner, path: string, body: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  by.call(`/v1/retention/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const documentsOf = async (by: Partner, practice: string) =>
  (
    await by.get<{ documents: readonly { id: string; eventId: string; status: string; name: string | null }[] }>(
      `/v1/practices/${practice}/documents`,
    )
  ).documents;
const planAt = (by: Partner) => by.get<PlanView>('/v1/retention/plan');
const shown = (id: string) => archivist.get<RequestDetail>(`/v1/retention/requests/${id}`);

/** A practice that both have with all its documents, brought to its end by the owner. */
async function closed(): Promise<Filed> {
  const filed = await office.filed({ attachments: [{ name: 'pianta.pdf', bytes: PDF }] });
  await exchange.settle();
  const act = await office.act(filed.practiceId, { type: 'proceeding.ended', outcome: 'withdrawn' });
  expect([act.status, act.json]).toEqual([201, expect.anything()]);
  await exchange.settle();
  await until('the province has all', async () => {
    const documents = await documentsOf(counter, filed.practiceId).catch(() => []);
    return documents.length > 3 && documents.every(({ status }) => status === 'complete') ? true : undefined;
  });
  await exchange.settle();
  return filed;
}

async function requested(): Promise<RequestView> {
  const { status, json } = await post(archivist, 'requests', APPLY);
  if (status !== 201) throw new Error(`requesting: ${status} ${JSON.stringify(json)}`);
  return json as unknown as RequestView;
}

async function destroyed(): Promise<RequestView> {
  const request = await requested();
  expect((await post(head, `requests/${request.id}/approve`)).status).toBe(200);
  await city.destroy.run();
  return request;
}

const filesOf = async (practice: string): Promise<string[]> =>
  (await readdir(city.home, { recursive: true })).filter((path) => path.includes(practice));

async function actionsSent() {
  const sent = (await takeOutbox(city)).filter((record) => record.topics.includes(topics.actions));
  return sent.map(({ value }) => verifyAction(value, network.registry, network.clock.now()).action);
}

describe('the plan', () => {
  it('tells what is due, and changes nothing: what is closed and past its period, by the first rule that fits', async () => {
    const open = await office.filed();
    const due = await closed();
    const plan = await planAt(archivist);
    expect(plan).toMatchObject({ sealed: true, practices: 1, more: false });
    expect(plan.due).toEqual([
      expect.objectContaining({
        practiceId: due.practiceId,
        cui: due.cui,
        basis: 'massimario 4.2',
        state: 'ended_by_submitter_cancel_requested',
        documents: (await documentsOf(office, due.practiceId)).length,
      }),
    ]);
    expect(plan.due.map(({ practiceId }) => practiceId)).not.toContain(open.practiceId);
    const kept = await archivist.get<PlanView>(`/v1/retention/plan?except=${encodeURIComponent(due.cui)}`);
    expect(kept.practices).toBe(0);
    await destroyed();
  });

  it('is empty where no periods are configured', async () => {
    const clerk = await Partner.of(province, 'retention');
    expect(await planAt(clerk)).toMatchObject({ periods: null, practices: 0 });
    expect((await post(clerk, 'requests', APPLY)).json).toMatchObject({ code: 'RETENTION_STORE_UNSEALED' });
    await province.sealing.run();
    expect((await post(clerk, 'requests', APPLY)).json).toMatchObject({ code: 'RETENTION_NOTHING_DUE' });
    expect((await office.call('/v1/retention/plan')).json).toMatchObject({ code: 'SCOPE_MISSING' });
  });
});

describe('a request to destroy', () => {
  it('needs a second person: neither the same token, nor one of the same name, nor one made since', async () => {
    await closed();
    const tokens = city.http.app.get(CreateToken);
    const label = randomUUID();
    const make = async () =>
      (await tokens.run({ label, scopes: ['retention'] }, { tokenId: randomUUID(), key: null }, 'x')).token;
    const [one, two] = [await make(), await make()];
    const call = (token: string, path: string, body: object = {}) =>
      fetch(new URL(`/v1/retention/${path}`, city.http.url), {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      }).then(async (answer) => (await answer.json()) as { code?: string; id?: string; status?: string });
    const { id = '' } = await call(one, 'requests', APPLY);
    const since = await Partner.of(city, 'retention');
    for (const token of [one, two, since.token])
      expect(await call(token, `requests/${id}/approve`)).toMatchObject({ code: 'RETENTION_SAME_PERSON' });
    expect(await call(one, `requests/${id}/refuse`)).toMatchObject({ code: 'RETENTION_SAME_PERSON' });
    expect(await call(two, `requests/${id}/withdraw`)).toMatchObject({ code: 'RETENTION_OTHER_PERSON' });
    expect(await shown(id)).toMatchObject({ status: 'open' });
    await city.destroy.run();
    expect((await shown(id)).of.every(({ action }) => action === null)).toBe(true);

    expect(await call(one, `requests/${id}/withdraw`)).toMatchObject({ status: 'withdrawn' });
    expect((await post(head, `requests/${id}/approve`)).json).toMatchObject({
      code: 'RETENTION_REQUEST_CLOSED',
    });
  });

  it('can be refused, and expires; what it held is due again then', async () => {
    const first = await requested();
    expect((await planAt(archivist)).practices).toBe(0);
    expect((await post(archivist, 'requests', APPLY)).json).toMatchObject({ code: 'RETENTION_NOTHING_DUE' });
    const refused = await post(head, `requests/${first.id}/refuse`, { note: 'causa pendente' });
    expect(refused.json).toMatchObject({ status: 'refused', note: 'causa pendente' });
    const second = await requested();
    await city.rows('update retention_request set expires_at = $2 where id = $1', [second.id, new Date()]);
    expect((await post(head, `requests/${second.id}/approve`)).json).toMatchObject({
      code: 'RETENTION_REQUEST_EXPIRED',
    });
    expect(await shown(second.id)).toMatchObject({ status: 'expired' });
    expect((await planAt(archivist)).practices).toBe(1);
  });

  it('is made and approved once however often it is sent', async () => {
    const once = { 'idempotency-key': randomUUID() };
    const made = [
      await post(archivist, 'requests', APPLY, once),
      await post(archivist, 'requests', APPLY, once),
    ];
    expect(made[0]!.json?.['id']).toBe(made[1]!.json?.['id']);
    const path = `requests/${String(made[0]!.json?.['id'])}/approve`;
    const approved = [
      await post(head, path, {}, { 'idempotency-key': 'a' }),
      await post(head, path, {}, { 'idempotency-key': 'a' }),
    ];
    expect(approved.map(({ status }) => status)).toEqual([200, 200]);
    await city.destroy.run();
    const { requests } = await archivist.get<{ requests: readonly RequestView[] }>('/v1/retention/requests');
    expect(requests[0]).toMatchObject({ id: made[0]!.json?.['id'], status: 'applied', ...APPLY });
  });
});

describe('documents whose keys were destroyed', () => {
  it('are gone from the store and from copies of it, with what was known of them; every proof verifies as before', async () => {
    const { practiceId, cui, eventId } = await closed();
    await takeOutbox(city);
    const before = await documentsOf(office, practiceId);
    const signed = (await office.call(`/v1/practices/${practiceId}/events/${eventId}`)).bytes;
    const decided = await office.get<{ signed: string }>(
      `/v1/practices/${practiceId}/events/${eventId}/decision`,
    );
    const copy = join(await mkdtemp(join(tmpdir(), 'copy-')), 'store');
    await cp(city.home, copy, { recursive: true });
    const { id } = await destroyed();

    const [action, ...others] = await actionsSent();
    expect(others).toEqual([]);
    const ids = before.map((each) => each.id).toSorted();
    expect(action).toMatchObject({
      kind: 'retention.applied',
      outcome: 'destroyed',
      practice: { owner: 'c_d150', uuid: practiceId },
      set: { size: ids.length, root: merkleRoot(ids.map((each) => Buffer.from(each))).toString('base64') },
    });
    expect(new Set(action?.actors.map(({ reference }) => reference)).size).toBe(2);
    expect(JSON.stringify(action)).not.toContain(APPLY.reason);
    expect(await shown(id)).toMatchObject({ status: 'applied', of: [{ cui, action: action?.id }] });

    for (const document of before) {
      const path = `/v1/practices/${practiceId}/documents/${document.id}`;
      expect((await office.call(path)).json).toMatchObject({ status: 410, code: 'DOCUMENT_DESTROYED' });
    }
    expect(await filesOf(practiceId)).toEqual([]);
    const copied = new FileDocumentStore({ root: copy, keys: await keysOf(city) });
    const place = { owner: city.ipa, practice: parsePracticeId(practiceId) };
    for (const each of before) {
      const document = { ...place, document: parseDocumentId(each.id) };
      await expect(buffer(copied.open(document))).rejects.toMatchObject({ code: 'DOCUMENT_DESTROYED' });
    }
    const after = await documentsOf(office, practiceId);
    expect(after.every(({ status, name }) => status === 'destroyed' && name === null)).toBe(true);
    for (const table of ['practice_search', 'filing_receipt', 'document_signatures', 'lost_document'])
      expect(await city.rows(`select 1 from ${table} where uuid = $1`, [practiceId])).toEqual([]);
    expect(await city.rows('select 1 from document where uuid = $1 and sha256 is not null', [practiceId])).toEqual([]);
    expect(await office.get(`/v1/practices/${practiceId}`)).toMatchObject({
      documents: { state: 'destroyed', complete: 0 },
    });

    const again = (await office.call(`/v1/practices/${practiceId}/events/${eventId}`)).bytes;
    expect(again.equals(signed)).toBe(true);
    const decision = Buffer.from(decided.signed, 'base64');
    expect(verifyEvent(again, network.registry, network.clock.now()).event.documents).toHaveLength(
      before.filter((each) => each.eventId === eventId).length,
    );
    expect(verifyDecision(decision, network.registry, network.clock.now()).decision.event.id).toBe(eventId);
  });

  it('are the neighbours’ own until their own period is over: each destroys its own', async () => {
    const { practiceId } = await closed();
    await destroyed();
    const theirs = await documentsOf(counter, practiceId);
    expect(theirs.every(({ status }) => status === 'complete')).toBe(true);
    const path = `/v1/practices/${practiceId}/documents/${theirs[0]!.id}`;
    expect((await counter.call(path)).status).toBe(200);
  });

  it('are given to no neighbour that never fetched them, and it asks no more', async () => {
    const { practiceId } = await closed();
    await destroyed();
    await province.rows(
      `update document set status = 'fetching', sha256 = null, next_attempt_at = now() where uuid = $1`,
      [practiceId],
    );
    const keys = (await documentsOf(counter, practiceId)).map(({ id }) => ({
      owner: city.ipa,
      practice: parsePracticeId(practiceId),
      document: parseDocumentId(id),
    }));
    for (const each of keys) await province.parts.documents.delete(each);
    await until('the province knows', async () => {
      const documents = await documentsOf(counter, practiceId);
      return documents.every(({ status }) => status === 'destroyed') ? true : undefined;
    });
  });

  it('stay destroyed in a database that is restored from a copy of before: what it knows of them goes again', async () => {
    const { practiceId } = await closed();
    const copy = await copyDatabase(city.databaseUrl);
    await destroyed();
    await takeOutbox(city);
    const restored = await TestNode.start(network, 'c_d150', {
      place: { home: city.home, databaseUrl: copy },
    });
    await city.announce();
    const reader = await Partner.of(restored);
    expect((await documentsOf(reader, practiceId))[0]).toMatchObject({ status: 'complete' });
    expect(await restored.lost.check()).toMatchObject({ missing: 0 });
    const documents = await documentsOf(reader, practiceId);
    expect(documents.every(({ status, name }) => status === 'destroyed' && name === null)).toBe(true);
    expect(await restored.rows('select 1 from practice_search where uuid = $1', [practiceId])).toEqual([]);
  });
});

describe('copies that are put back', () => {
  it('of the keys are destroyed again, and a key that the practice has got since is not', async () => {
    const { practiceId } = await closed();
    const folder = `${city.home}-keys`;
    const copy = join(await mkdtemp(join(tmpdir(), 'copy-')), 'keys');
    await cp(folder, copy, { recursive: true });
    await destroyed();
    await cp(copy, folder, { recursive: true });
    const place = { owner: city.ipa, practice: parsePracticeId(practiceId) };
    const back = await (await keysOf(city)).sealing(place);
    expect(back.key).toHaveLength(32);
    await city.destroy.again();
    const keys = await keysOf(city);
    await expect(keys.opening(place, back.id)).rejects.toMatchObject({ code: 'DOCUMENT_DESTROYED' });
    const { id } = await keys.sealing(place);
    await city.destroy.again();
    expect((await (await keysOf(city)).opening(place, id)).id).toEqual(id);
  });

  it('of documents are removed, an hour later', async () => {
    const { practiceId } = await closed();
    const copy = join(await mkdtemp(join(tmpdir(), 'copy-')), 'store');
    await cp(city.home, copy, { recursive: true });
    await destroyed();
    const { documents, work } = city.parts;
    const unnamed = new UnnamedDocuments(documents, work, { warn: () => undefined });
    await cp(copy, city.home, { recursive: true });
    expect(await filesOf(practiceId)).not.toEqual([]);
    await unnamed.sweep();
    await unnamed.sweep();
    expect((await filesOf(practiceId)).filter((path) => path.endsWith('.hubdoc'))).toEqual([]);
  });
});

describe('a destruction that is interrupted', () => {
  it.each(['keys-destroyed', 'signed', 'files-removed'] as const)(
    'after "%s" goes on where it was, and is signed once',
    async (step) => {
      const { practiceId } = await closed();
      await takeOutbox(city);
      const { id } = await requested();
      await post(head, `requests/${id}/approve`);
      await expect(dyingAfter(step).run()).rejects.toThrow('killed');
      const [any] = await documentsOf(office, practiceId);
      const path = `/v1/practices/${practiceId}/documents/${any!.id}`;
      expect((await office.call(path)).json).toMatchObject({ code: 'DOCUMENT_DESTROYED' });
      await city.destroy.run();
      await city.destroy.run();
      expect(await shown(id)).toMatchObject({ status: 'applied', practices: 1 });
      expect(await actionsSent()).toHaveLength(1);
      expect(await filesOf(practiceId)).toEqual([]);
    },
  );

  it('by a signing key that is away is not claimed to be done before it is signed', async () => {
    await closed();
    await takeOutbox(city);
    const { id } = await requested();
    await post(head, `requests/${id}/approve`);
    isAway = true;
    await expect(city.destroy.run()).rejects.toThrow();
    expect(await shown(id)).toMatchObject({ status: 'approved', destroyedAt: null });
    isAway = false;
    await city.destroy.run();
    expect(await shown(id)).toMatchObject({ status: 'applied' });
    expect(await actionsSent()).toHaveLength(1);
  });

  it('spares a practice in which something has happened since it was asked for', async () => {
    const { practiceId } = await closed();
    const { id } = await requested();
    await city.rows(`update event set received_at = now() + interval '1 minute' where uuid = $1`, [practiceId]);
    await post(head, `requests/${id}/approve`);
    await city.destroy.run();
    expect(await shown(id)).toMatchObject({ status: 'applied', practices: 0, spared: 1 });
    const documents = await documentsOf(office, practiceId);
    expect(documents.every(({ status }) => status === 'complete')).toBe(true);
  });
});

/** What a process does that ends right after a step: nothing more of it is ever done. */
function dyingAfter(step: DestroyingStep): DestroyDocuments {
  return new DestroyDocuments(city.parts, city.keys, (done) => {
    if (done === step) throw new Error('killed');
  });
}
