import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { leafHash, noteSigner, parseVkey, verifyCheckpoint, verifyConsistency, merkleRoot } from '#tlog';
import { LogInstance, ORIGIN } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { ProveConsistency } from '../proofs/prove-consistency.ts';
import { integrate } from './integrate.ts';
import type { LogWriter, LogWriterSettings } from './log-writer.ts';

const instances: LogInstance[] = [];
let writers: LogWriter[] = [];

async function aLog(): Promise<LogInstance> {
  const log = await LogInstance.open(await logDatabase());
  instances.push(log);
  return log;
}

async function aWriter(log: LogInstance, other: Partial<LogWriterSettings> = {}): Promise<LogWriter> {
  const writer = await log.writer(other);
  writers.push(writer);
  writer.start();
  return writer;
}

async function entries(log: LogInstance): Promise<Buffer[]> {
  const rows = await log.rows<{ index: string; entry: Buffer }>(
    'select l.index, e.entry from log_leaf l join log_entry e on e.id = l.entry order by l.index',
  );
  expect(rows.map(({ index }) => Number(index))).toEqual(rows.map((_, index) => index));
  return rows.map(({ entry }) => entry);
}

const grownTo = (log: LogInstance, size: number) =>
  expect.poll(() => log.size(), { timeout: 15_000, interval: 20 }).toBe(size);

afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.close()));
  writers = [];
});

afterAll(async () => {
  await Promise.all(instances.map((log) => log.close()));
});

describe('the log', () => {
  it('begins with the signed checkpoint of the empty tree, and publishes what waits', async () => {
    const log = await aLog();
    await aWriter(log);
    await expect.poll(() => log.rows('select size from checkpoint'), { interval: 20 }).toHaveLength(1);
    await log.wait(1);
    await grownTo(log, 1);
  });

  it('publishes the root that RFC 6962 gives for its entries, signed, at every size it publishes up to 300', async () => {
    const log = await aLog();
    const lease = () => log.work.run((tx) => integrate(tx, log.signer));
    const key = parseVkey(log.signer.verifier.vkey);
    for (const step of [1, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 67]) {
      await log.wait(step);
      expect(await lease()).toBe(step);
    }
    const all = await entries(log);
    expect(all).toHaveLength(300);
    const published = await log.rows<{ size: string; note: Buffer }>('select size, note from checkpoint');
    for (const { size, note } of published) {
      const checkpoint = verifyCheckpoint(note, key);
      expect(checkpoint.size).toBe(Number(size));
      expect(checkpoint.root.equals(merkleRoot(all.slice(0, checkpoint.size)))).toBe(true);
    }
  });

  it('proves consistency between any two of its sizes', async () => {
    const log = await aLog();
    await log.wait(300);
    await log.work.run((tx) => integrate(tx, log.signer));
    const all = await entries(log);
    const consistent = new ProveConsistency(log.work);
    for (const from of [0, 1, 2, 3, 7, 8, 64, 127, 128, 129, 200, 255, 256, 257, 299, 300]) {
      for (const to of [from, from + 1, 2 * from, 256, 257, 299, 300].filter(
        (size) => size >= from && size <= 300,
      )) {
        const proof = await consistent.run(from, to);
        const claim = {
          firstSize: from,
          firstRoot: merkleRoot(all.slice(0, from)),
          secondSize: to,
          secondRoot: merkleRoot(all.slice(0, to)),
        };
        verifyConsistency(
          claim,
          proof.hashes.map((hash) => Buffer.from(hash, 'base64')),
        );
        expect(proof.toRoot).toBe(claim.secondRoot.toString('base64'));
      }
    }
    await expect(consistent.run(1, 301)).rejects.toMatchObject({ code: 'LOG_SIZE_UNKNOWN' });
  });

  it('is written by one instance; the other takes over when it goes silent, and nothing is twice or lost', async () => {
    const log = await aLog();
    const first = await aWriter(log);
    await expect.poll(() => first.active).toBe(true);
    const second = await aWriter(log);
    await log.wait(3);
    await grownTo(log, 3);
    expect(second.active).toBe(false);
    // As after kill -9: it neither renews nor gives back.
    await log.rows(`update lease set holder = 'auditor/dead', epoch = epoch + 1,
      expires_at = clock_timestamp() + interval '2 seconds' where name = 'log'`);
    await log.wait(4);
    await first.close();
    const silent = performance.now();
    await grownTo(log, 7);
    expect(performance.now() - silent).toBeLessThan(10_000);
    expect(second.active).toBe(true);
    expect(new Set((await entries(log)).map(String)).size).toBe(7);
  });

  it('changes nothing when a writer wakes after its lease went to another', async () => {
    const log = await aLog();
    const first = await aWriter(log);
    await expect.poll(() => first.active).toBe(true);
    await log.rows(`update lease set holder = 'auditor/other', epoch = epoch + 1,
      expires_at = clock_timestamp() + interval '1 minute' where name = 'log'`);
    await log.wait(2);
    await expect.poll(() => first.active, { timeout: 10_000 }).toBe(false);
    expect(await log.size()).toBe(0);
    expect(await entries(log)).toHaveLength(0);
  });

  it('lets only the first of two writers that started from one state commit', async () => {
    const log = await aLog();
    await log.wait(5);
    await log.work.run((tx) => integrate(tx, log.signer));
    await log.wait(1);
    const race = await Promise.allSettled([0, 1].map(() => log.work.run((tx) => integrate(tx, log.signer))));
    expect(race.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    expect(await log.size()).toBe(6);
    const forks = `select previous from checkpoint group by previous having count(*) > 1`;
    expect(await log.rows(forks)).toHaveLength(0);
    expect(await entries(log)).toHaveLength(6);
  });

  it('stops rather than sign a tree that was altered behind its back', async () => {
    const log = await aLog();
    await log.wait(5);
    await log.work.run((tx) => integrate(tx, log.signer));
    await log.rows('update node_hash set hash = $1 where level = 2', [leafHash(Buffer.from('other'))]);
    await log.wait(1);
    const growing = log.work.run((tx) => integrate(tx, log.signer));
    await expect(growing).rejects.toMatchObject({ code: 'LOG_STATE_DAMAGED' });
    expect(await log.size()).toBe(5);
  });

  it('refuses to start with another key or under another name', async () => {
    const log = await aLog();
    await log.work.run((tx) => integrate(tx, log.signer));
    const others = [noteSigner(ORIGIN, randomBytes(32)), noteSigner('another.example/log', randomBytes(32))];
    for (const signer of others) {
      await expect(log.writer({ signer })).rejects.toMatchObject({ code: 'LOG_KEY_NOT_OF_LOG' });
    }
  });
});
