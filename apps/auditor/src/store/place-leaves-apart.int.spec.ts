import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { ACCESS_MIGRATIONS } from '#access';
import { sha256Hex } from '#evidence';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork, type Tx } from '#persistence';
import { freshDatabase } from '#testing';
import { CompactRange, leafHash, merkleRoot, noteSigner, type NoteSigner } from '#tlog';
import { LogInstance, ORIGIN } from '../log-database.fixture.ts';
import { foundLog, latestCheckpoint, publishCheckpoint } from '../log/checkpoints.ts';
import { integrate } from '../log/integrate.ts';
import { ListAuthorEvents } from '../proofs/list-author-events.ts';
import { ReadArchive } from '../archive/read-archive.ts';
import { AUDITOR_MIGRATIONS } from './migrations.ts';

const url = await freshDatabase();
const signer = noteSigner(ORIGIN, randomBytes(32));
const entries = ['first', 'second', 'third', 'waits'].map((text) => Buffer.from(text));
const ids = entries.map(() => randomUUID());
const bytes = Buffer.from('<Event/>');

/** A log of three leaves and an entry that waits, as an auditor of before kept them. */
async function formerLog(tx: Tx, key: NoteSigner): Promise<void> {
  const range = CompactRange.empty();
  await foundLog(tx, key);
  for (const [n, entry] of entries.entries()) {
    const index = n < 3 ? n : null;
    await tx.query(
      `insert into log_entry (index, kind, author, event_id, speaker, receipt_kind, owner, uuid, content_digest, sha256, entry)
       values ($1, 'event', 'C_D150', $2, '', '', 'c_d150', $2, '', '', $3)`,
      [index, ids[n], entry],
    );
    const nodes = index === null ? [] : range.append(leafHash(entry));
    for (const { level, index: at, hash } of nodes)
      await tx.query('insert into node_hash (level, index, hash) values ($1, $2, $3)', [level, at, hash]);
  }
  publishCheckpoint(tx, key, { previous: 0, size: 3, root: range.root() });
  await tx.query(`insert into archive (sha256, bytes) values (decode($1, 'hex'), $2)`, [
    sha256Hex(bytes),
    bytes,
  ]);
}

const apart = AUDITOR_MIGRATIONS.findIndex(({ name }) => name.startsWith('PlaceLeavesApart'));
const former = await createDataSource({
  url,
  name: 'auditor',
  migrations: [...SHARED_MIGRATIONS, ...ACCESS_MIGRATIONS, ...AUDITOR_MIGRATIONS.slice(0, apart)],
});
await new UnitOfWork(former).run((tx) => formerLog(tx, signer));
await former.destroy();

const log = await LogInstance.open(url, signer);
afterAll(() => log.close());

it('a log that grew with its indexes in the entries goes on from there, with what waited next', async () => {
  expect(await log.work.run((tx) => integrate(tx, signer))).toBe(1);
  const head = await log.work.run(latestCheckpoint);
  expect(head?.size).toBe(4);
  expect(head?.root.equals(merkleRoot(entries))).toBe(true);
  const { events } = await new ListAuthorEvents(log.work).run('c_d150', 10);
  expect(events.map(({ index, eventId }) => [index, eventId])).toEqual(
    ids.map((id, index) => [index, id]).reverse(),
  );
});

it('what was archived before is given as it was', async () => {
  expect((await new ReadArchive(log.work, log.accesses).item(sha256Hex(bytes))).equals(bytes)).toBe(true);
});

it('the way back finds every leaf under its index, and every document whole', async () => {
  const before = await log.rows(`select index, entry from log_leaf order by index`);
  for (let n = apart; n < AUDITOR_MIGRATIONS.length; n += 1) await log.source.undoLastMigration();
  expect(await log.rows('select index, id as entry from log_entry order by index')).toEqual(before);
  const [hash] = await log.rows<{ hash: Buffer }>('select hash from node_hash where level = 0 and index = 3');
  expect(hash?.hash.equals(leafHash(Buffer.from('waits')))).toBe(true);
  await log.source.runMigrations();
});
