import { randomUUID } from 'node:crypto';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { CreateToken } from '#access';
import { parseDocumentId, parsePracticeId } from '#contracts';
import { FileDocumentStore } from '#documents';
import { verifyDecision, verifyEvent } from '#evidence';
import { merkleRoot } from '#tlog';
import { keysOf, until } from '../authority.fixture.ts';
import { takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import type { PlanView, RequestView } from './retention-shapes.ts';
import {
  actionsSent,
  APPLY,
  archivist,
  city,
  closed,
  counter,
  destroyed,
  documentsOf,
  filesOf,
  head,
  network,
  office,
  openBodies,
  planAt,
  post,
  province,
  requested,
  shown,
} from './retention.fixture.ts';

beforeAll(openBodies);

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
    expect(
      await city.rows('select 1 from document where uuid = $1 and sha256 is not null', [practiceId]),
    ).toEqual([]);
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
    const keys = (await documentsOf(counter, practiceId)).map(({ id }) => ({
      owner: city.ipa,
      practice: parsePracticeId(practiceId),
      document: parseDocumentId(id),
    }));
    // First from the disk: what it is about to fetch and finds there, it has.
    for (const each of keys) await province.parts.documents.delete(each);
    await province.rows(
      `update document set status = 'fetching', sha256 = null, next_attempt_at = now() where uuid = $1`,
      [practiceId],
    );
    await until('the province knows', async () => {
      const documents = await documentsOf(counter, practiceId);
      return documents.every(({ status }) => status === 'destroyed') ? true : undefined;
    });
  });
});
