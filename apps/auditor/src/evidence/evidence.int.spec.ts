import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyEvidence } from '#audit';
import { topics } from '#contracts';
import { sha256Hex } from '#evidence';
import { systemClock } from '#platform';
import {
  aNetwork,
  aWitnessStatement,
  outboxRecord,
  signatureLine,
  signPractice,
  TEST_NOW,
  type TestNetwork,
} from '#testing';
import { cosigner, parseNote, quorumPolicy } from '#tlog';
import { PackArchive } from '../archive/pack-archive.ts';
import { SignedLog } from '../archive/signed-log.fixture.ts';
import type { AuditRecord, AuditStream } from '../intake/screen-record.ts';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';
import { latestCheckpoint } from '../log/checkpoints.ts';
import { LogReads } from '../served/log-reads.fixture.ts';
import { aRecord } from '../signed-samples.fixture.ts';
import { keepCosignature, keepWitnessKey } from '../witnesses/witness-rows.ts';

const LATER = new Date(TEST_NOW.getTime() + 3_600_000);
const WITNESSES = ['c_d150', 'p_cr'];

const log = await LogInstance.open(await logDatabase());
let network: TestNetwork;
let reads: LogReads;
let folder: string;
let auditor: string;
let practice: { readonly owner: string; readonly uuid: string };
const keys = WITNESSES.map((holder, i) => cosigner(holder, Buffer.alloc(32, i + 1)));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  network = await aNetwork().founded();
  for (const [i, bytes] of network.entries.entries()) {
    await log.rows('insert into registry_copy (number, bytes, digest) values ($1, $2, $3)', [
      ...[i + 1, bytes, sha256Hex(bytes)],
    ]);
  }
  practice = await logged();
  reads = await LogReads.open(log, network.entries.map(sha256Hex), {
    ...{ signer: network.signerOf('auditor'), clock: systemClock },
  });
  auditor = await reads.token('audit');
});

afterAll(async () => {
  await reads.close();
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

/** A practice that the log has taken in, from the topics as they are. */
async function logged(): Promise<{ readonly owner: string; readonly uuid: string }> {
  const take = async (stream: AuditStream, record: AuditRecord): Promise<void> => {
    const [outcome] = await log
      .takeIn(network.registry, network.clock)
      .run(stream, [{ ...aRecord(record.topic, record.value), ...record }]);
    expect(outcome).toMatchObject({ kind: 'done' });
  };
  const signed = await signPractice(network, {
    event: (event) => take('events', outboxRecord(event)),
    decision: ({ item }) => take('decisions', aRecord(topics.routing, item)),
    receipt: (_, item) => take('receipts', aRecord(topics.receipts, item)),
    action: (_, item) => take('actions', aRecord(topics.actions, item)),
  });
  while ((await log.work.run((tx) => integrate(tx, log.signer))) > 0);
  return signed;
}

/** Both members cosign what was published last. */
async function witnessed(): Promise<void> {
  await log.work.run(async (tx) => {
    const checkpoint = await latestCheckpoint(tx);
    const { text } = parseNote(checkpoint!.note);
    for (const key of keys) {
      const holder = key.verifier.name;
      const statement = await aWitnessStatement(network, holder, key.verifier.vkey);
      await keepWitnessKey(tx, holder, { verifier: key.verifier, statement, now: LATER });
      const time = Math.floor(LATER.getTime() / 1_000);
      const line = Buffer.from(signatureLine(key.cosign(text, time)));
      await keepCosignature(
        tx,
        { holder, vkey: key.verifier.vkey, size: checkpoint!.size, time, line },
        { counted: WITNESSES, enough: 2, now: LATER },
      );
    }
  });
}

const path = (query = '') => `/v1/practices/${practice.uuid}/evidence${query}`;

async function verified(body: Buffer) {
  const file = join(folder, 'got.zip');
  await writeFile(file, body);
  const policy = quorumPolicy(
    log.signer.verifier,
    keys.map(({ verifier }) => verifier),
    2,
  );
  return verifyEvidence(file, { root: network.root.fingerprint, policy, at: new Date() });
}

describe('the evidence of a practice', () => {
  it('waits for witnesses, unless it is wanted without', async () => {
    expect(await reads.get(path(), { token: auditor })).toMatchObject({
      code: 'LOG_NOT_WITNESSED',
      status: 422,
    });
    const early = await reads.get(path('?unwitnessed=true'), { token: auditor });
    expect(early.status).toBe(200);
    const report = await verified(early.body);
    expect(report.faults.map(({ step, code }) => [step, code])).toEqual([['witnesses', 'LOG_NOT_WITNESSED']]);
  });

  it('is a container that verifies offline: of rows and of packs, with a part of the registry or all of it', async () => {
    await witnessed();
    const answer = await reads.get(path(), { token: auditor });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/vnd.etsi.asic-e+zip',
      'content-disposition': `attachment; filename=${practice.owner}-${practice.uuid}.zip`,
      'cache-control': 'no-store',
    });
    expect(await verified(answer.body)).toMatchObject({ valid: true, counts: { events: 2, documents: 11 } });
    await (await SignedLog.over(log)).add(86);
    await witnessed();
    const archive = new PackArchive({ work: log.work, fenced: () => Promise.resolve() });
    while ((await archive.step()) === 'packed');
    const whole = await reads.get(`/v1/practices/c_d150/${practice.uuid}/evidence?registry=whole`, {
      token: auditor,
    });
    const report = await verified(whole.body);
    expect(report.faults).toEqual([]);
    expect(report.notes).toEqual([]);
  });

  it('is for auditors, and for the nodes of those who take part', async () => {
    expect((await reads.get(path())).code).toBe('TOKEN_MISSING');
    expect((await reads.get(path(), { token: await reads.token('read') })).code).toBe('SCOPE_MISSING');
    reads.list('p_cr');
    reads.list('c_b898');
    const own = await reads.get(path(), { member: 'p_cr' });
    expect(own).toMatchObject({ status: 200, code: null });
    expect((await verified(own.body)).faults).toEqual([]);
    // The auditor's token is noted, a member's node is known by its certificate.
    const noted = await log.rows<{ entry: Buffer; uuid: string }>('select entry, uuid from access_record');
    expect(noted.length).toBeGreaterThan(0);
    expect(new Set(noted.map(({ uuid }) => uuid))).toEqual(new Set([practice.uuid]));
    expect(noted.every(({ entry }) => entry.includes('"kind":"evidence"'))).toBe(true);
    expect((await reads.get(path(), { member: 'c_b898' })).code).toBe('NOT_A_PARTICIPANT');
    expect((await reads.get(path(), { member: 'c_d142' })).code).toBe('PEER_NOT_RECOGNISED');
    const unknown = '/v1/practices/c_d150/01990000-0000-4000-8000-00000000ffff/evidence';
    expect((await reads.get(unknown, { token: auditor })).code).toBe('PRACTICE_NOT_FOUND');
  });

  it('is cut off, and no container, where the archive or the registry’s copy was altered', async () => {
    await log.rows(`update registry_copy set bytes = bytes || '\\x20'::bytea where number = 1`);
    await expect(reads.get(path(), { token: auditor })).rejects.toThrow();
    await log.rows('update registry_copy set bytes = $1 where number = 1', [network.entries[0]]);
    expect((await reads.get(path(), { token: auditor })).status).toBe(200);
  });
});
