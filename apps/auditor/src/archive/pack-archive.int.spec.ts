import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readPack, writePack } from '#audit';
import { topics } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex, signReceipts } from '#evidence';
import { createLogger, HealthRegistry } from '#platform';
import { bundled } from '#testing';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';
import { aReceipt, anEvent, aRecord, outboxRecord } from '../signed-samples.fixture.ts';
import { CreateArchivePacks1767225605100 } from '../store/create-archive-packs.ts';
import { AUDITOR_MIGRATIONS } from '../store/migrations.ts';
import { KeepPacking } from './keep-packing.ts';
import { PackArchive } from './pack-archive.ts';
import { ReadArchive } from './read-archive.ts';
import { SignedLog } from './signed-log.fixture.ts';

const packsMade = AUDITOR_MIGRATIONS.indexOf(CreateArchivePacks1767225605100);
let log: LogInstance;
let filled: SignedLog;
const instances: LogInstance[] = [];
const orders = await mkdtemp(join(tmpdir(), 'reset-hub-packs-'));

beforeEach(async () => {
  log = await LogInstance.open(await logDatabase());
  instances.push(log);
  filled = await SignedLog.over(log);
});

afterAll(async () => {
  await Promise.all(instances.map((one) => one.close()));
  await rm(orders, { recursive: true });
});

const packer = (other: Partial<ConstructorParameters<typeof PackArchive>[0]> = {}) =>
  new PackArchive({ work: log.work, fenced: () => Promise.resolve(), ...other });

async function packAll(archive = packer()): Promise<void> {
  while ((await archive.step()) === 'packed');
}

const count = async (table: string) => (await log.rows(`select 1 as one from ${table}`)).length;

/** Until a transaction of this database waits for another one. */
const somebodyWaits = () =>
  expect
    .poll(
      () =>
        log.rows(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      { timeout: 10_000, interval: 10 },
    )
    .not.toHaveLength(0);

/** Every document is in one place, whole. */
async function everythingIsThere(): Promise<void> {
  const rows = await log.rows<{ bytes: Buffer }>('select bytes from archived');
  const packs = await log.rows<{ bytes: Buffer }>('select bytes from archive_pack');
  const packed = await Promise.all(packs.map(({ bytes }) => readPack(bytes, 256)));
  const kept = [...rows.map(({ bytes }) => bytes), ...packed.flat()].map((bytes) => sha256Hex(bytes!));
  expect(kept.toSorted()).toEqual(filled.digests.toSorted());
}

describe('packing the archive', () => {
  it('moves full bundles of published size only, and drops a batch with the last row that needs it', async () => {
    await filled.add(80);
    expect(await packer().step()).toBe('done');
    await filled.add(20);
    // Receipts of the second batch lie on both sides of the end of the bundle.
    await packAll();
    expect([await count('archive_pack'), await count('archive'), await count('archive_batch')]).toEqual([
      1, 44, 2,
    ]);
    await everythingIsThere();
    await filled.add(80);
    await packAll();
    expect([await count('archive_pack'), await count('archive'), await count('archive_batch')]).toEqual([
      2, 28, 1,
    ]);
    await everythingIsThere();
  });

  it('waits while more than a writer takes at once waits for the log', async () => {
    await filled.add(90);
    await log.wait(1_025);
    expect(await packer().step()).toBe('busy');
    await log.work.run((tx) => integrate(tx, log.signer));
    expect(await packer().step()).toBe('packed');
  });

  it('killed at any step, has each document in its row or in the pack, and the next process goes on', async () => {
    await filled.add(86);
    const program = await bundled(new URL('./pack-process.fixture.ts', import.meta.url));
    for (const [point, packs] of [
      ['after-write', 0],
      ['before-commit', 0],
      ['after-commit', 1],
    ] as const) {
      if (point.endsWith('commit')) await writeFile(join(orders, 'crash'), `${point} 1`);
      const child = fork(program, [log.url, orders, point], { execArgv: [] });
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      expect([point, await count('archive_pack')]).toEqual([point, packs]);
      await everythingIsThere();
    }
    await packAll();
    expect([await count('archive_pack'), await count('archive')]).toEqual([1, 2]);
    await everythingIsThere();
  }, 120_000);

  it('changes nothing for whoever has lost the log’s lease', async () => {
    await filled.add(90);
    const fenced = () => Promise.reject(new HubError('LEASE_LOST', 'another one writes'));
    await expect(packer({ fenced }).step()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect([await count('archive_pack'), await count('archive')]).toEqual([0, 270]);
  });

  it('takes over no row that was altered, says so, and goes on when it is mended', async () => {
    await filled.add(90);
    const health = new HealthRegistry();
    const logger = createLogger('test', { level: 'silent' });
    const keep = new KeepPacking({ archive: packer(), isWriting: () => true, logger });
    keep.register(health);
    const place = [filled.digests[3]];
    const [row] = await log.rows<{ bytes: Buffer }>(
      `select bytes from archive where sha256 = decode($1, 'hex')`,
      place,
    );
    await log.rows(`update archive set bytes = bytes || 'x' where sha256 = decode($1, 'hex')`, place);
    keep.start();
    const told = async () => (await health.check()).checks['archive'];
    await expect
      .poll(told, { timeout: 10_000, interval: 20 })
      .toEqual({ status: 'down', detail: 'LOG_STATE_DAMAGED' });
    expect([await count('archive_pack'), await count('archive')]).toEqual([0, 270]);
    await log.rows(`update archive set bytes = $2 where sha256 = decode($1, 'hex')`, [...place, row!.bytes]);
    await expect
      .poll(told, { timeout: 10_000, interval: 20 })
      .toEqual({ status: 'up', detail: 'every full bundle is packed' });
    await keep.close();
    await everythingIsThere();
  });

  it('believes no compressor: what does not unfold to what was packed is not kept', async () => {
    await filled.add(90);
    const write = (items: readonly Buffer[]) => writePack([...items.slice(1), items[0]!]);
    await expect(packer({ write }).step()).rejects.toMatchObject({ code: 'LOG_STATE_DAMAGED' });
    expect(await count('archive')).toBe(270);
  });

  it('keeps a batch for the item of it that is admitted at the same moment, whichever comes first', async () => {
    const events = await Promise.all([1, 2, 3].map(() => filled.network.event(anEvent())));
    await log.takeIn(filled.network).run(
      'events',
      events.map((event) => outboxRecord(event)),
    );
    const { items } = await signReceipts(
      events.map((event) => aReceipt(event)),
      filled.network.signer('p_cr'),
      new Date(),
    );
    const admit = (item: Buffer) =>
      log.takeIn(filled.network).run('receipts', [aRecord(topics.receipts, item)]);
    await admit(items[0]!);
    filled.signed.push(...events.map(({ bytes }) => bytes), items[0]!);
    await filled.add(90);
    const all = new ReadArchive(log.work, log.accesses);
    // The second item is on its way, and not committed, while the pack takes the first.
    let packing: Promise<unknown> = Promise.resolve();
    await log.work.run(async (tx) => {
      await log.takeIn(filled.network).runOne(tx, aRecord(topics.receipts, items[1]!));
      packing = packer().step();
      await somebodyWaits();
    });
    expect(await packing).toBe('packed');
    for (const item of items.slice(0, 2)) expect((await all.item(sha256Hex(item))).equals(item)).toBe(true);
    // And the third comes while a pack that takes the last one that needed the batch is not committed yet.
    await log.rows(`delete from archive where sha256 = decode($1, 'hex')`, [sha256Hex(items[1]!)]);
    let admitting: Promise<unknown> = Promise.resolve();
    await log.work.run(async (tx) => {
      const gone = await tx.query(`delete from archive_batch b
        where not exists (select from archive a where a.batch = b.digest) returning digest`);
      expect(gone).toHaveLength(1);
      admitting = admit(items[2]!);
      await somebodyWaits();
    });
    await admitting;
    expect((await all.item(sha256Hex(items[2]!))).equals(items[2]!)).toBe(true);
  });

  it('knows a packed document that is delivered again after its key was revoked: it was proved before', async () => {
    await filled.add(90);
    await packAll();
    const [known] = filled.events;
    const unknown = await filled.network.event(anEvent());
    const revokedFrom = new Date(Date.now() - 60_000).toISOString();
    const listing = { holder: 'c_d150', role: 'authority', purpose: 'signing', revokedFrom } as const;
    filled.network.list('c_d150', listing);
    const outcomes = await log
      .takeIn(filled.network)
      .run('events', [outboxRecord(known!), outboxRecord(unknown)]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'park']);
  });

  it('is undone by the way back: every document is a row again', async () => {
    await filled.add(100);
    await packAll();
    // From the newest down to the one that made packs.
    for (let n = packsMade; n < AUDITOR_MIGRATIONS.length; n += 1) await log.source.undoLastMigration();
    const rows = await log.rows<{ bytes: Buffer }>('select bytes from archived');
    expect(rows.map(({ bytes }) => sha256Hex(bytes)).toSorted()).toEqual(filled.digests.toSorted());
    await log.source.runMigrations();
    await packAll();
    await everythingIsThere();
  });
});
