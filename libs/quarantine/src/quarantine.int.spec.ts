import { afterAll, describe, expect, it } from 'vitest';
import { ACCESS_MIGRATIONS, AccessModule } from '#access';
import { ERROR_POLICIES } from '#errors';
import { done, hold, park, retry, type IncomingRecord, type Outcome } from '#messaging';
import { createDataSource, UnitOfWork, type Tx } from '#persistence';
import { createLogger, runHttpApp } from '#platform';
import { bufferHeaders, countedIds, freshDatabase, makeToken, TEST_NOW, TestClock } from '#testing';
import { Module } from '@nestjs/common';
import { CreateQuarantine1767225600030 } from './create-quarantine.ts';
import { keepAllParked, type ParkedRecord } from './keep-parked.ts';
import { QuarantineModule } from './quarantine.module.ts';
import { ReleaseQuarantined } from './release-quarantined.ts';

const source = await createDataSource({
  url: await freshDatabase(),
  name: 'quarantine-test',
  migrations: [...ACCESS_MIGRATIONS, CreateQuarantine1767225600030],
});
const work = new UnitOfWork(source);
const clock = new TestClock(TEST_NOW);
const ids = countedIds();
let verdict: Outcome = done();
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
          at: 'here',
          whose: () => ({ member: 'c_d150' }),
          judge: async (tx: Tx, record: IncomingRecord) => {
            judged.push(record);
            await tx.query(`update quarantine set reason = 'judged' where origin->>'offset' = $1`, [
              record.offset,
            ]);
            return verdict;
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
const released = http.app.get(ReleaseQuarantined);
const release = (id: string) => work.run((tx) => released.run(tx, id));
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

const keepAll = (records: readonly ParkedRecord[], repeated: 'keep' | 'reopen') =>
  work.run((tx) => keepAllParked(tx, records, { ids, now: clock.now(), repeated }));
const keep = async (one: ParkedRecord, repeated: 'keep' | 'reopen' = 'keep') =>
  (await keepAll([one], repeated))[0];

async function get(path: string): Promise<unknown> {
  const answer = await fetch(new URL(path, http.url), { headers: { authorization: `Bearer ${token}` } });
  return await answer.json();
}

async function parkedAt(offset: string): Promise<string> {
  await keep({ ...record, origin: { ...record.origin, offset } });
  const [row] = await work.run((tx) =>
    tx.query<{ id: string }>(`select id from quarantine where origin->>'offset' = $1`, [offset]),
  );
  return row?.id ?? '';
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
    };
    expect(await get('/v1/quarantine')).toEqual({ entries: [entry], next: null });
    expect(await get('/v1/quarantine?limit=1')).toEqual({ entries: [entry], next: id });
    expect(await get(`/v1/quarantine?after=${id}`)).toEqual({ entries: [], next: null });
    expect(await get('/v1/quarantine?status=released')).toEqual({ entries: [], next: null });
    expect(await get(`/v1/quarantine/${id}`)).toEqual({
      ...entry,
      bytes: record.bytes.toString('base64'),
      headers: { ce_id: Buffer.from('an id').toString('base64') },
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
    const id = await parkedAt(`judged ${outcome.kind}`);
    verdict = outcome;
    expect(await release(id)).toEqual({ id, ...answer });
    const { origin, bytes, headers } = {
      ...record,
      origin: { ...record.origin, offset: `judged ${outcome.kind}` },
    };
    expect(judged.at(-1)).toEqual({ ...origin, key: null, value: bytes, headers, timestamp: clock.now() });
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ status, reason: 'judged' });
  });

  it('answers the same again to the same Idempotency-Key', async () => {
    const id = await parkedAt('asked again');
    verdict = done();
    const ask = async (key: string): Promise<unknown> => {
      const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key };
      const url = new URL(`/v1/quarantine/${id}/release`, http.url);
      return await (await fetch(url, { method: 'POST', headers })).json();
    };
    const first = await ask('go');
    expect(first).toEqual({ id, status: 'released', code: null });
    expect(await ask('go')).toEqual(first);
    expect(await ask('another')).toMatchObject({ code: 'QUARANTINE_ALREADY_CLOSED' });
  });

  it('is undone with the transaction that it is part of', async () => {
    const id = await parkedAt('undone');
    verdict = done();
    const undone = work.run(async (tx) => {
      await released.run(tx, id);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow();
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ status: 'parked', reason: record.reason });
  });
});
