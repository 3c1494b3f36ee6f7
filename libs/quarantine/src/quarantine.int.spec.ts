import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ACCESS_MIGRATIONS, AccessModule } from '#access';
import { ERROR_POLICIES, HubError } from '#errors';
import { done, hold, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import { createDataSource, readUnsent, SHARED_MIGRATIONS, UnitOfWork, type Tx } from '#persistence';
import { createLogger, runHttpApp, writePageCursor } from '#platform';
import {
  aNetwork,
  anEvent,
  bufferHeaders,
  countedIds,
  freshDatabase,
  makeToken,
  TEST_NOW,
  TestClock,
} from '#testing';
import { Module } from '@nestjs/common';
import { ActionLog } from '#actions';
import { attributedTo, sha256Hex, verifyAction } from '#evidence';
import { keepParked, type ParkedRecord } from './keep-parked.ts';
import { QuarantineModule } from './quarantine.module.ts';
import { QUARANTINE_MIGRATIONS } from './migrations.ts';
import { QUARANTINE_PARTS, type QuarantineParts } from './quarantine-parts.ts';
import { ReleaseQuarantined } from './release-quarantined.ts';
import { RerunQuarantine } from './rerun-quarantine.ts';
import { RerunWorker } from './rerun-worker.ts';
import { closePassed, supersedeParked } from './settle-parked.ts';

const source = await createDataSource({
  url: await freshDatabase(),
  name: 'quarantine-test',
  migrations: [...SHARED_MIGRATIONS, ...ACCESS_MIGRATIONS, ...QUARANTINE_MIGRATIONS],
});
const work = new UnitOfWork(source);
const clock = new TestClock(TEST_NOW);
const ids = countedIds();
const network = await aNetwork().at(clock).founded();
const signer = network.signerOf('c_d150');
let verdict: Outcome | ((tx: Tx, record: IncomingRecord) => Promise<Outcome>) = done();
const judged: IncomingRecord[] = [];

@Module({})
class Root {}

const http = await runHttpApp(
  {
    module: Root,
    imports: [
      AccessModule.forRoot({ dataSource: source }),
      QuarantineModule.of({
        useFactory: () => ({
          work,
          clock,
          ids,
          actions: new ActionLog({ role: 'authority', signer, clock, ids }),
          attributedTo: (bytes: Buffer) => attributedTo(bytes, network.registry),
          at: 'here',
          whose: () => ({ member: 'c_d150' }),
          judge: async (tx: Tx, record: IncomingRecord) => {
            judged.push(record);
            await tx.query(`update quarantine set reason = 'judged' where origin->>'offset' = $1`, [
              record.offset,
            ]);
            return typeof verdict === 'function' ? await verdict(tx, record) : verdict;
          },
        }),
      }),
    ],
  },
  {
    name: 'quarantine-test',
    http: { host: '127.0.0.1', port: 0 },
    openApi: { title: 'quarantine', version: '1' },
    logger: createLogger('quarantine', { level: 'silent' }),
  },
);
const { token } = await makeToken(http, 'quarantine');
const TOKEN = '01990000-0000-7000-8000-00000000a0a0';
const released = http.app.get(ReleaseQuarantined);
const parts = http.app.get<QuarantineParts>(QUARANTINE_PARTS);
const release = (id: string) => work.run((tx) => released.run(tx, id, TOKEN));
afterAll(async () => {
  await http.close();
  await source.destroy();
});

const record = {
  origin: { topic: 'practice.outbox.c_d150', partition: 0, offset: '7' },
  headers: bufferHeaders({ ce_id: 'an id' }),
  bytes: Buffer.from('<Event/>'),
  code: 'EVENT_VOIDED',
  reason: 'number 2 was voided',
} as const satisfies ParkedRecord;

const keep = (one: ParkedRecord, repeated: 'keep' | 'reopen' = 'keep') =>
  work.run((tx) => keepParked(tx, one, { id: ids.uuidv7(), now: clock.now(), repeated }));

async function post(
  path: string,
  body: object = {},
  key?: string,
): Promise<{ status: number; json: unknown }> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const answer = await fetch(new URL(path, http.url), {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, json: await answer.json() };
}

async function get(path: string): Promise<unknown> {
  const answer = await fetch(new URL(path, http.url), { headers: { authorization: `Bearer ${token}` } });
  return await answer.json();
}

async function parkedAt(offset: string): Promise<string> {
  await keep({ ...record, origin: { ...record.origin, offset } });
  return idAt(offset);
}

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
    expect(await keep({ ...record, origin }, 'reopen')).toBe(false);
    expect(await keep(other)).toBe(false);
    expect(await keep(other, 'reopen')).toBe(true);
    verdict = done();
    await release(await parkedAt('again'));
    expect(await keep(other)).toBe(false);
    expect(await keep(other, 'reopen')).toBe(true);
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
    verdict = outcome;
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
    verdict = done();
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
    verdict = done();
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
  });
});

describe('a discard', () => {
  it('puts aside what nobody signed, with a reason that stays here, until it is restored', async () => {
    const id = await parkedAt('nobodys');
    const discard = `/v1/quarantine/${id}/discard`;
    expect((await post(discard)).json).toMatchObject({ code: 'REQUEST_INVALID' });
    const first = await post(discard, { reason: 'noise of a test' }, 'once');
    expect(first).toEqual({
      status: 200,
      json: { id, status: 'discarded', action: expect.any(String) as string },
    });
    expect(await post(discard, { reason: 'noise of a test' }, 'once')).toEqual(first);
    expect((await post(discard, { reason: 'again' })).json).toMatchObject({
      code: 'QUARANTINE_ALREADY_CLOSED',
    });
    expect(await keep({ ...record, origin: { ...record.origin, offset: 'nobodys' } }, 'reopen')).toBe(false);
    expect((await post(`/v1/quarantine/${id}/release`)).json).toMatchObject({
      code: 'QUARANTINE_ALREADY_CLOSED',
    });
    expect((await post(`/v1/quarantine/${id}/restore`)).json).toMatchObject({ id, status: 'parked' });
    expect((await post(`/v1/quarantine/${id}/restore`)).json).toMatchObject({
      code: 'QUARANTINE_NOT_DISCARDED',
    });
    const entry = (await get(`/v1/quarantine/${id}`)) as { status: string; actions: ActionShown[] };
    expect(entry.status).toBe('parked');
    expect(entry.actions.map(({ kind, reason, by }) => [kind, reason, by.label])).toEqual([
      ['quarantine.discarded', 'noise of a test', expect.any(String)],
      ['quarantine.restored', null, expect.any(String)],
    ]);
  });

  it.each(['EVENT_VOIDED', 'HEADER_BODY_MISMATCH', 'SIGNATURE_INVALID'] as const)(
    'of what a member signed is refused, also where it was parked for %s',
    async (code) => {
      const { bytes } = await anEvent(network).signed();
      await keep({ ...record, origin: { ...record.origin, offset: `signed-${code}` }, bytes, code });
      const id = await idAt(`signed-${code}`);
      expect(await post(`/v1/quarantine/${id}/discard`, { reason: 'it is in the way' })).toMatchObject({
        status: 409,
        json: { code: 'QUARANTINE_NOT_DISCARDABLE', details: { holder: 'c_d150' } },
      });
      expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ status: 'parked', actions: [] });
    },
  );
});

describe('an action', () => {
  it('is signed by the node, names no person, and is sent in the transaction in which it is done', async () => {
    const id = await parkedAt('acted');
    const answer = await post(`/v1/quarantine/${id}/discard`, { reason: 'noise of a test' });
    const { action } = answer.json as { action: string };
    const shown = (await get(`/v1/actions/${action}`)) as {
      item: string;
      reasonSalt: string;
      sha256: string;
    };
    const item = Buffer.from(shown.item, 'base64');
    const { action: signed } = verifyAction(item, network.registry, clock.now());
    expect(signed).toMatchObject({
      id: action,
      kind: 'quarantine.discarded',
      node: 'c_d150',
      role: 'authority',
      outcome: 'discarded',
      record: { ...record.origin, offset: 'acted', digest: sha256Hex(record.bytes), code: record.code },
    });
    const salted = Buffer.concat([Buffer.from(shown.reasonSalt, 'base64'), Buffer.from('noise of a test')]);
    expect(signed.reason).toBe(sha256Hex(salted));
    const sent = await work.run((tx) => readUnsent(tx, { records: 1_000, bytes: 10_000_000 }));
    const sentRecord = sent.find(({ value }) => value.equals(item));
    expect(sentRecord).toMatchObject({ topics: ['practice.actions'], key: 'c_d150' });
    expect(shown.sha256).toBe(sha256Hex(item));
    expect((await get(`/v1/actions/${TOKEN}`)) as object).toMatchObject({ code: 'ACTION_NOT_FOUND' });
  });

  it('of one token has one reference, of another token another', async () => {
    const other = await makeToken(http, 'quarantine');
    const references: string[] = [];
    for (const [index, bearer] of [token, token, other.token].entries()) {
      const id = await parkedAt(`referred-${index}`);
      const url = new URL(`/v1/quarantine/${id}/release`, http.url);
      verdict = done();
      await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${bearer}` } });
      const { actions } = (await get(`/v1/quarantine/${id}`)) as { actions: ActionShown[] };
      const { item } = (await get(`/v1/actions/${actions[0]!.id}`)) as { item: string };
      const { action } = verifyAction(Buffer.from(item, 'base64'), network.registry, clock.now());
      references.push(action.actors[0]!.reference);
    }
    expect(references[0]).toBe(references[1]);
    expect(references[2]).not.toBe(references[0]);
    const { actions } = (await get('/v1/actions?limit=2')) as { actions: ActionShown[] };
    expect(actions).toHaveLength(2);
  });

  it('that cannot be signed is not done', async () => {
    const id = await parkedAt('unsigned');
    verdict = done();
    const away: QuarantineParts = {
      ...parts,
      actions: new ActionLog({
        role: 'authority',
        clock,
        ids,
        signer: { ...signer, sign: () => Promise.reject(new HubError('SIGNING_KEY_UNAVAILABLE', 'away')) },
      }),
    };
    const release = work.run((tx) => new ReleaseQuarantined(away).run(tx, id, TOKEN));
    await expect(release).rejects.toMatchObject({ code: 'SIGNING_KEY_UNAVAILABLE' });
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ status: 'parked' });
  });
});

describe('a re-run', () => {
  it('judges everything parked since then, in the order of its arrival, and tells what came of it', async () => {
    const { since, topic } = await parkedFromNow('again', 70);
    const outcomes = [done(), hold('EVENT_BEHIND_GAP'), park('EQUIVOCATION'), retry(1)] as const;
    verdict = (_, { offset }) => Promise.resolve(outcomes[Number(offset) % 4] ?? done());
    const asked = await post('/v1/quarantine/reruns', { since: since.toISOString() }, 'rerun');
    expect(asked.status).toBe(202);
    const { id } = asked.json as { id: string };
    const ended = await endOf(id);
    expect(ended).toMatchObject({ released: 18, held: 18, parked: 17, later: 17 });
    expect(judgedOf(topic)).toEqual(upTo(70));
    expect(await post('/v1/quarantine/reruns', { since: since.toISOString() }, 'rerun')).toEqual(asked);
    const { counts } = (await get('/v1/quarantine/counts?member=again')) as { counts: { count: number }[] };
    expect(counts.map(({ count }) => count)).toEqual([34, 36]);
    const { reruns } = (await get('/v1/quarantine/reruns')) as { reruns: { id: string }[] };
    expect(reruns.map((one) => one.id)).toEqual([id]);
  });

  it('leaves alone what was parked for another code, elsewhere or before', async () => {
    const { since } = await parkedFromNow('left', 3);
    verdict = done();
    for (const narrow of [{ code: 'EQUIVOCATION' }, { member: 'nobody' }, { until: since.toISOString() }]) {
      const { json } = await post('/v1/quarantine/reruns', { since: since.toISOString(), ...narrow });
      expect(await endOf((json as { id: string }).id)).toMatchObject({ released: 0, parked: 0, later: 0 });
    }
    expect(await get('/v1/quarantine/counts?member=left')).toMatchObject({ counts: [{ count: 3 }] });
    expect(await get(`/v1/quarantine/reruns/${TOKEN}`)).toMatchObject({ code: 'RERUN_NOT_FOUND' });
  });
});

describe('a re-run, step by step', () => {
  beforeAll(async () => {
    // Nobody else takes a step.
    await http.app.get(RerunWorker).onModuleDestroy();
  });

  it('goes on where it was cut off: what a lost step did is undone with it, and nothing counts twice', async () => {
    const { since, topic } = await parkedFromNow('cut', 40);
    let isCut = false;
    verdict = async (tx, { offset }) => {
      if (offset === '35' && !isCut) {
        isCut = true;
        // As when the process dies: the server rolls back what its session had open.
        await tx.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      }
      return done();
    };
    const first = new RerunQuarantine(parts);
    const { id } = await work.run((tx) => first.ask(tx, { since, topic, tokenId: TOKEN }));
    expect(await first.step()).toBe('more');
    expect(await first.step()).toBe('pause');
    expect(await get(`/v1/quarantine/reruns/${id}`)).toMatchObject({ released: 32, endedAt: null });
    const second = new RerunQuarantine(parts);
    while ((await second.step()) === 'more');
    expect(await endOf(id)).toMatchObject({ released: 40, held: 0, parked: 0, later: 0 });
    expect(new Set(judgedOf(topic))).toEqual(new Set(upTo(40)));
    expect(judgedOf(topic).slice(-8)).toEqual(upTo(40).slice(-8));
  });

  it('passes over the one entry that cannot be judged at all', async () => {
    const { since, topic } = await parkedFromNow('poison', 5);
    verdict = (_, { offset }) =>
      offset === '2' ? Promise.reject(new TypeError('it breaks the judge')) : Promise.resolve(done());
    const rerun = new RerunQuarantine(parts);
    const { id } = await work.run((tx) => rerun.ask(tx, { since, topic, tokenId: TOKEN }));
    while ((await rerun.step()) === 'more');
    expect(await endOf(id)).toMatchObject({ released: 4, later: 1 });
  });

  it('is shared by several at once without judging an entry twice', async () => {
    const { since, topic } = await parkedFromNow('shared', 80);
    verdict = done();
    const several = [new RerunQuarantine(parts), new RerunQuarantine(parts)] as const;
    const { id } = await work.run((tx) => several[0].ask(tx, { since, topic, tokenId: TOKEN }));
    const drive = async (rerun: RerunQuarantine) => {
      while ((await rerun.step()) === 'more');
    };
    await Promise.all(several.map(drive));
    await drive(several[0]);
    expect(await endOf(id)).toMatchObject({ released: 80 });
    expect(judgedOf(topic)).toEqual(upTo(80));
  });
});

describe('an entry needs nobody any more', () => {
  it('once the same bytes have passed at another place', async () => {
    const bytes = Buffer.from('<Passed/>');
    for (const offset of ['passed-1', 'passed-2'])
      await keep({ ...record, origin: { ...record.origin, offset }, bytes });
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
    await work.run((tx) => supersedeParked(tx, { topic, digest: sha256Hex(bytes) }, clock.now()));
    expect(await get(`/v1/quarantine/${await idAt('settled-own')}`)).toMatchObject({ status: 'superseded' });
    expect(await get(`/v1/quarantine/${await idAt('settled-other')}`)).toMatchObject({ status: 'parked' });
  });
});

/** Parks so many records from now on; their topic is their own. */
async function parkedFromNow(name: string, count: number) {
  clock.advance(1_000);
  const since = clock.now();
  const topic = `practice.outbox.${name}`;
  for (let offset = 0; offset < count; offset += 1) {
    clock.advance(1);
    await keep({ ...record, origin: { topic, partition: 0, offset: String(offset) } });
  }
  clock.advance(1);
  return { since, topic };
}
const judgedOf = (topic: string) => judged.filter((one) => one.topic === topic).map(({ offset }) => offset);
const upTo = (count: number) => Array.from({ length: count }, (_, offset) => String(offset));

interface ActionShown {
  readonly id: string;
  readonly kind: string;
  readonly reason: string | null;
  readonly by: { readonly label: string };
}

async function found(query: string): Promise<unknown[]> {
  const { entries } = (await get(`/v1/quarantine?${query}`)) as { entries: unknown[] };
  return entries;
}

async function idAt(offset: string): Promise<string> {
  const [row] = await work.run((tx) =>
    tx.query<{ id: string }>(`select id from quarantine where origin->>'offset' = $1`, [offset]),
  );
  return row?.id ?? '';
}

async function endOf(id: string): Promise<object> {
  return vi.waitFor(
    async () => {
      const rerun = (await get(`/v1/quarantine/reruns/${id}`)) as { endedAt: string | null };
      if (rerun.endedAt === null) throw new Error('it runs');
      return rerun;
    },
    { timeout: 20_000, interval: 20 },
  );
}
