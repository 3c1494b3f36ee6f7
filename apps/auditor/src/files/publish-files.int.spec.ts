import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Tx } from '#persistence';
import { createLogger, HealthRegistry } from '#platform';
import { parseVkey, verifyCheckpoint, type VerifiedCheckpoint } from '#tlog';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { DISK, type Disk } from './disk.ts';
import { KeepFiles } from './keep-files.ts';
import { LogFolder } from './log-folder.ts';
import { aFolder, DyingDisk, filesIn, verifyFolder, verifyHead } from './log-folders.fixture.ts';
import { PublishFiles } from './publish-files.ts';

const instances: LogInstance[] = [];

async function aLog(size = 0): Promise<LogInstance> {
  const log = await LogInstance.open(await logDatabase());
  instances.push(log);
  await log.growTo(size);
  return log;
}

const keyOf = (log: LogInstance) => parseVkey(log.signer.verifier.vkey);

function publisher(
  log: LogInstance,
  root: string,
  { disk = DISK, entries = true, ...other }: { disk?: Disk; entries?: boolean; stepLeaves?: number } = {},
): PublishFiles {
  const folder = new LogFolder(root, disk);
  return new PublishFiles({ work: log.work, key: keyOf(log), folder, entries, ...other });
}

async function upToDate(publish: PublishFiles): Promise<void> {
  while (await publish.step());
}

const codeOf = (acting: Promise<unknown>) =>
  acting.then(
    () => null,
    (error: unknown) => (error as { readonly code?: unknown }).code,
  );

const noteIn = (root: string) => readFileSync(join(root, 'checkpoint'));

afterAll(async () => {
  await Promise.all(instances.map((log) => log.close()));
});

describe('a folder of the log’s files', () => {
  it('keeps the partial tiles of each published size until the full one is there', async () => {
    const log = await aLog();
    const [root, key] = [aFolder(), keyOf(log)];
    const publish = publisher(log, root);
    expect(await publish.step()).toBe(false);
    const heads: VerifiedCheckpoint[] = [await verifyFolder(root, key)];
    await log.growTo(1);
    await upToDate(publish);
    heads.push(await verifyFolder(root, key));
    // Published and passed over: the folder goes from 1 to 255, and has the tiles of 40 and 200 all the same.
    for (const size of [40, 200, 255]) {
      await log.growTo(size);
      const [row] = await log.rows<{ note: Buffer }>('select note from checkpoint where size = $1', [size]);
      heads.push(verifyCheckpoint(row!.note, key));
    }
    await upToDate(publish);
    expect(heads.map(({ size }) => size)).toEqual([0, 1, 40, 200, 255]);
    const partial = [1, 200, 255, 40].map((width) => `000.p/${width}`);
    expect(filesIn(root)).toEqual([
      'checkpoint',
      ...partial.map((path) => `tile/0/${path}`),
      ...partial.map((path) => `tile/entries/${path}`),
    ]);
    for (const size of [256, 257, 513]) {
      await log.growTo(size);
      await upToDate(publish);
      heads.push(await verifyFolder(root, key));
    }
    for (const head of heads) await verifyHead(root, head);
    expect(filesIn(root)).toEqual([
      'checkpoint',
      ...['tile/0/000', 'tile/0/001', 'tile/0/002.p/1', 'tile/1/000.p/1', 'tile/1/000.p/2'],
      ...['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/1'],
    ]);
  });

  it('never has a checkpoint that its tiles do not hold, at whatever step of writing them the power goes', async () => {
    const log = await aLog(1);
    await log.growTo(255);
    const [base, key] = [aFolder(), keyOf(log)];
    await upToDate(publisher(log, base));
    const before = await verifyFolder(base, key);
    await log.growTo(256);
    await log.growTo(257);
    const whole = aFolder();
    cpSync(base, whole, { recursive: true });
    await upToDate(publisher(log, whole));
    const seen = new Set<number>();
    for (let steps = 0, isDone = false; !isDone; steps += 1) {
      const root = aFolder();
      cpSync(base, root, { recursive: true });
      const disk = new DyingDisk(root, steps);
      await upToDate(publisher(log, root, { disk })).catch(() => undefined);
      isDone = !disk.isDead;
      const { size } = await verifyFolder(root, key);
      seen.add(size);
      await verifyHead(root, before);
      // The next process goes on from there.
      await upToDate(publisher(log, root));
      expect((await verifyFolder(root, key)).size).toBe(257);
      expect(filesIn(root)).toEqual(expect.arrayContaining(filesIn(whole)));
      if (isDone) expect(disk.steps.length).toBeGreaterThan(25);
    }
    expect([...seen].toSorted()).toEqual([255, 257]);
  });

  it('is filled in steps that each end with a checkpoint, and gone on with by the next process', async () => {
    const log = await aLog();
    for (const size of [100, 299, 300, 1_000, 1_010]) await log.growTo(size);
    const [root, key] = [aFolder(), keyOf(log)];
    const reached: number[] = [];
    for (let isMore = true; isMore;) {
      isMore = await publisher(log, root, { stepLeaves: 300 }).step();
      reached.push((await verifyFolder(root, key)).size);
    }
    // The largest of what was published within a step; what a writer published in one piece is taken in one piece.
    expect(reached).toEqual([300, 1_000, 1_010]);
  });

  it('has the newest note, also when the same tree gets more signatures', async () => {
    const log = await aLog(3);
    const root = aFolder();
    const publish = publisher(log, root);
    await upToDate(publish);
    const cosigned = Buffer.concat([
      noteIn(root),
      Buffer.from(`— witness.example ${Buffer.alloc(76, 7).toString('base64')}\n`),
    ]);
    await log.rows('update checkpoint set note = $1 where size = 3', [cosigned]);
    expect(await publish.step()).toBe(false);
    expect(noteIn(root).equals(cosigned)).toBe(true);
    await verifyFolder(root, keyOf(log));
  });

  it('has no entries unless they are asked for, and then needs a folder of its own', async () => {
    const log = await aLog(300);
    const root = aFolder();
    await upToDate(publisher(log, root, { entries: false }));
    expect(filesIn(root)).toEqual(['checkpoint', 'tile/0/000', 'tile/0/001.p/44', 'tile/1/000.p/1']);
    expect(await codeOf(publisher(log, root).step())).toBe('LOG_FILES_DAMAGED');
  });

  it('changes nothing when a process that was stopped wakes after another has gone on', async () => {
    const log = await aLog(200);
    const [root, key] = [aFolder(), keyOf(log)];
    const stopped = Promise.withResolvers<undefined>();
    const continued = Promise.withResolvers<undefined>();
    const disk: Disk = {
      ...DISK,
      write: async (path, bytes) => {
        stopped.resolve(undefined);
        await continued.promise;
        await DISK.write(path, bytes);
      },
    };
    const slow = publisher(log, root, { disk });
    const first = slow.step();
    await stopped.promise;
    const other = publisher(log, root);
    await upToDate(other);
    await log.growTo(240);
    await upToDate(other);
    const note = noteIn(root);
    continued.resolve(undefined);
    expect(await first).toBe(true);
    expect(noteIn(root).equals(note)).toBe(true);
    expect((await verifyFolder(root, key)).size).toBe(240);
    expect(await slow.step()).toBe(false);
    expect(slow.size).toBe(240);
  });

  it('stays what it is when the database was restored from an old copy, altered, or is another log’s', async () => {
    const log = await aLog(3);
    await log.growTo(5);
    const root = aFolder();
    await upToDate(publisher(log, root));
    const note = noteIn(root);
    await log.rows('delete from checkpoint where size = 5');
    expect(await codeOf(publisher(log, root).step())).toBe('LOG_FILES_CONTRADICTED');
    const altered = await aLog(5);
    const copy = aFolder();
    const publish = publisher(altered, copy);
    await upToDate(publish);
    await altered.growTo(9);
    await altered.rows(`update log_leaf set hash = sha256('other') where index = 7`);
    expect(await codeOf(publish.step())).toBe('LOG_FILES_CONTRADICTED');
    await altered.rows('delete from log_leaf where index = 7');
    expect(await codeOf(publish.step())).toBe('LOG_STATE_DAMAGED');
    expect((await verifyFolder(copy, keyOf(altered))).size).toBe(5);
    expect(await codeOf(publisher(altered, root).step())).toBe('LOG_KEY_NOT_OF_LOG');
    expect(noteIn(root).equals(note)).toBe(true);
  });

  it('is not gone on with when its own files were changed; emptied, it is written anew', async () => {
    const log = await aLog(300);
    const root = aFolder();
    const publish = publisher(log, root);
    await upToDate(publish);
    const path = join(root, 'tile/1/000.p/1');
    const tile = readFileSync(path);
    writeFileSync(path, Buffer.alloc(32, 1));
    await log.growTo(301);
    expect(await codeOf(publisher(log, root).step())).toBe('LOG_FILES_DAMAGED');
    rmSync(path);
    expect(await codeOf(publisher(log, root).step())).toBe('LOG_FILES_DAMAGED');
    writeFileSync(path, tile);
    await upToDate(publisher(log, root));
    rmSync(root, { recursive: true });
    await upToDate(publish);
    expect((await verifyFolder(root, keyOf(log))).size).toBe(301);
  });

  it('says that the disk is full, leaves nothing half written, and goes on when there is room', async () => {
    const log = await aLog(5);
    const root = aFolder();
    let isFull = true;
    const disk: Disk = {
      ...DISK,
      write: async (path, bytes) => {
        await DISK.write(path, isFull ? bytes.subarray(0, 10) : bytes);
        if (isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
    };
    const publish = publisher(log, root, { disk });
    expect(await codeOf(publish.step())).toBe('DISK_FULL');
    expect(filesIn(root)).toEqual([]);
    isFull = false;
    await upToDate(publish);
    expect((await verifyFolder(root, keyOf(log))).size).toBe(5);
  });

  it('is kept at the log’s side while the process runs, and its trouble is told and got over', async () => {
    const log = await aLog(5);
    const root = join(aFolder(), 'log');
    writeFileSync(root, 'in the way');
    const health = new HealthRegistry();
    const logger = createLogger('test', { level: 'silent' });
    const folder = { check: 'files', path: root, entries: true };
    const keep = KeepFiles.of(folder, { work: log.work, key: keyOf(log), logger });
    keep.register(health);
    const told = async () => (await health.check()).checks['files'];
    keep.start();
    await expect.poll(told, { interval: 20 }).toEqual({ status: 'down', detail: 'LOG_FILES_UNWRITABLE' });
    rmSync(root);
    await expect.poll(told, { timeout: 15_000, interval: 20 }).toEqual({ status: 'up', detail: '5 leaves' });
    await log.growTo(6);
    await expect.poll(told, { timeout: 15_000, interval: 20 }).toEqual({ status: 'up', detail: '6 leaves' });
    await keep.close();
    expect((await verifyFolder(root, keyOf(log))).size).toBe(6);
  });

  it('keeps a writer whose database was restored from an older copy from signing a second history', async () => {
    const log = await aLog(3);
    const root = aFolder();
    const logger = createLogger('test', { level: 'silent' });
    const folder = { check: 'files', path: root, entries: false };
    const keep = KeepFiles.of(folder, { work: log.work, key: keyOf(log), logger });
    const mayWrite = (tx: Tx) => keep.requireSameHistory(tx);
    // Nothing was published here yet: nothing speaks against writing.
    const first = await log.writer({ mayWrite });
    first.start();
    await log.wait(2);
    await expect.poll(() => log.size(), { timeout: 15_000, interval: 20 }).toBe(5);
    await first.close();
    await upToDate(publisher(log, root, { entries: false }));
    const note = noteIn(root);
    await log.rows('delete from checkpoint where size = 5');
    await log.rows('delete from log_leaf where index >= 3');
    await log.rows('delete from node_hash where (index + 1) << level > 3');
    const writer = await log.writer({ mayWrite });
    writer.start();
    await expect.poll(() => writer.error?.code, { timeout: 15_000 }).toBe('LOG_FILES_CONTRADICTED');
    // The lease stays with the one that knows: another instance may have no folder.
    const other = await log.writer();
    other.start();
    await log.wait(2);
    await expect.poll(() => writer.active && !other.active && other.error === null).toBe(true);
    expect(await log.work.run((tx) => keep.requireSameHistory(tx)).catch(() => 'refused')).toBe('refused');
    expect([await log.size(), noteIn(root).equals(note)]).toEqual([3, true]);
    // As when the folder was put aside by somebody who knows why.
    rmSync(root, { recursive: true });
    await expect.poll(() => log.size(), { timeout: 15_000, interval: 20 }).toBe(5);
    await Promise.all([writer, other].map((one) => one.close()));
  });
});
