import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseIpaCode, topics } from '#contracts';
import { leafHash, parseVkey, quorumPolicy, verifyConsistency, verifyInclusion, verifyReceipt } from '#tlog';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';
import { LogReads, type Asking } from '../served/log-reads.fixture.ts';
import {
  aDecision,
  anAction,
  anEvent,
  aReceipt,
  aRecord,
  outboxRecord,
  SampleNetwork,
  type SignedEvent,
} from '../signed-samples.fixture.ts';
import type { Consistency, LeafProof, PracticeTrail } from './proof-shapes.ts';

const log = await LogInstance.open(await logDatabase());
const network = await SampleNetwork.create();
const takeIn = log.takeIn(network);
const key = parseVkey(log.signer.verifier.vkey);
let reads: LogReads;
let signed: SignedEvent;
let reader: string;

/** c_d150 has filed; p_cr takes part; c_d142 is told of it by PEC, and c_b898 has nothing to do with it. */
beforeAll(async () => {
  reads = await LogReads.open(log);
  reader = await reads.token('read');
  signed = await network.event(anEvent('c_d150'));
  const { participants } = aDecision(signed);
  const byPec = { ...participants[1]!, ipa: parseIpaCode('c_d142'), joined: false };
  const decision = await network.decision(aDecision(signed, { participants: [...participants, byPec] }));
  await takeIn.run('events', [outboxRecord(signed)]);
  await takeIn.run('decisions', [aRecord(topics.routing, decision)]);
  await takeIn.run('receipts', [aRecord(topics.receipts, await network.receipt(aReceipt(signed)))]);
  await log.work.run((tx) => integrate(tx, log.signer));
  for (const member of ['c_d150', 'p_cr', 'c_d142', 'c_b898']) reads.list(member);
});

afterAll(async () => {
  await reads.close();
  await log.close();
});

async function json<Body>(path: string, asking: Asking = { token: reader }): Promise<Body> {
  const { status, body } = await reads.get(path, asking);
  expect(status).toBe(200);
  return JSON.parse(body.toString()) as Body;
}

const codes = (path: string, ...members: string[]) =>
  Promise.all(members.map(async (member) => (await reads.get(path, { member })).code));

const bytes = (base64: string) => Buffer.from(base64, 'base64');

describe('what members are told of the log', () => {
  it('is the proof of what they have written or take part in, by their certificate, and of nothing else', async () => {
    for (const kind of ['event', 'decision']) {
      const path = `/v1/proofs/${signed.event.id}?kind=${kind}`;
      expect(await codes(path, 'c_d150', 'p_cr')).toEqual([null, null]);
      expect(await codes(path, 'c_d142', 'c_b898')).toEqual(['NOT_A_PARTICIPANT', 'NOT_A_PARTICIPANT']);
    }
    expect((await reads.get(`/v1/proofs/${signed.event.id}`)).code).toBe('TOKEN_MISSING');
  });

  it('is the trail of a practice that they take part in, by its id alone', async () => {
    const { uuid } = signed.event.practice;
    for (const path of [`/v1/practices/${uuid}/trail`, `/v1/practices/c_d150/${uuid}/trail`]) {
      expect(await codes(path, 'c_d142', 'c_b898')).toEqual(['NOT_A_PARTICIPANT', 'NOT_A_PARTICIPANT']);
      for (const asking of [{ member: 'p_cr' }, { member: 'c_d150' }, { token: reader }]) {
        const trail = await json<PracticeTrail>(path, asking);
        const head = await reads.head(key);
        expect(trail.practice).toEqual({ owner: 'c_d150', uuid });
        expect(trail.leaves.map(({ entryJson }) => entryJson['kind'])).toEqual([
          'event',
          'decision',
          'receipt',
        ]);
        for (const { entry, index, hashes } of trail.leaves) {
          verifyInclusion(leafHash(bytes(entry)), index, head.size, hashes.map(bytes), head.root);
        }
      }
    }
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect((await reads.get(`/v1/practices/${unknown}/trail`, { token: reader })).code).toBe(
      'PRACTICE_NOT_FOUND',
    );
    expect((await json<PracticeTrail>(`/v1/practices/c_d150/${unknown}/trail`)).leaves).toEqual([]);
  });

  it('is asked for by its owner, where two have used the id of a practice', async () => {
    const mine = await network.event(anEvent('c_d142'));
    const { practice } = mine.event;
    const theirs = await network.event(
      anEvent('p_cr', { practice: { ...practice, owner: parseIpaCode('p_cr') } }),
    );
    await takeIn.run('events', [outboxRecord(mine), outboxRecord(theirs)]);
    await log.work.run((tx) => integrate(tx, log.signer));
    const path = `/v1/practices/${practice.uuid}/trail`;
    const { status, body } = await reads.get(path, { token: reader });
    expect(status).toBe(409);
    expect(JSON.parse(body.toString())).toMatchObject({
      code: 'PRACTICE_AMBIGUOUS',
      details: { owners: ['c_d142', 'p_cr'] },
    });
    expect((await json<PracticeTrail>(`${path}?owner=P_CR`)).leaves).toHaveLength(1);
    expect(await codes(`${path}?owner=p_cr`, 'c_d142', 'p_cr')).toEqual(['NOT_A_PARTICIPANT', null]);
    // Written, and in no decision: its author has the proof of it, nobody else.
    expect(await codes(`/v1/proofs/${mine.event.id}`, 'c_d142', 'p_cr')).toEqual([null, 'NOT_A_PARTICIPANT']);
  });

  it('is of an operator’s action at their own node only, where it is about no practice', async () => {
    const action = anAction('c_d142');
    const record = aRecord(topics.actions, await network.action(action, 'c_d142'));
    await takeIn.run('actions', [record]);
    await log.work.run((tx) => integrate(tx, log.signer));
    const path = `/v1/proofs/${action.id}?kind=action`;
    expect(await codes(path, 'c_d142', 'p_cr')).toEqual([null, 'NOT_A_PARTICIPANT']);
  });

  it('is a receipt that verifies alone, as a text for whoever asks for one', async () => {
    const path = `/v1/proofs/${signed.event.id.toUpperCase()}`;
    const answer = await reads.get(path, { member: 'p_cr', headers: { accept: 'text/plain' } });
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename=${signed.event.id}.event.tlog-proof`,
      vary: 'Accept',
    });
    const proof = await json<LeafProof>(path, { token: reader, headers: { accept: '*/*' } });
    expect(answer.body.toString()).toBe(proof.tlogProof);
    const policy = quorumPolicy(key, [], 0);
    expect(verifyReceipt(answer.body, leafHash(bytes(proof.entry)), policy)).toMatchObject({
      index: proof.index,
      witnessed: true,
    });
    expect(() => verifyReceipt(answer.body, leafHash(Buffer.from('another')), policy)).toThrow(
      expect.objectContaining({ code: 'LOG_INCLUSION_INVALID' }) as Error,
    );
  });

  it('is the consistency between two sizes, for every member', async () => {
    const second = await reads.head(key);
    const path = `/v1/consistency?from=2&to=${second.size}`;
    const proof = await json<Consistency>(path, { member: 'c_b898' });
    const claim = {
      firstSize: 2,
      firstRoot: bytes(proof.fromRoot),
      secondSize: second.size,
      secondRoot: second.root,
    };
    verifyConsistency(claim, proof.hashes.map(bytes));
    expect((await reads.get(`/v1/consistency?from=0&to=${second.size + 1}`, { member: 'p_cr' })).code).toBe(
      'LOG_SIZE_UNKNOWN',
    );
    reads.list('c_b898', { revokedFrom: new Date(Date.now() - 1_000).toISOString() });
    expect(await codes(path, 'c_b898')).toEqual(['PEER_NOT_RECOGNISED']);
  });
});
