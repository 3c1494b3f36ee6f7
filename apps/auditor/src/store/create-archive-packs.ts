import { readPack } from '#audit';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The archive at rest: the signed bytes of a full bundle of entries as one compressed pack, in place of their rows. A row
 * names its entry now, so that what is asked for by its SHA-256 is found in the log without an index of all digests.
 */
export class CreateArchivePacks1767225605100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table archive_pack (
        -- Of the bundle of 256 entries.
        index bigint primary key check (index >= 0),
        -- First eight bytes of the SHA-256 of each item, as a signed number.
        heads bigint[] not null check (cardinality(heads) = 256),
        -- As it is served.
        bytes bytea not null
      )`);
    // Compressed already, and digests do not shrink.
    for (const column of ['heads', 'bytes']) {
      await runner.query(`alter table archive_pack alter column ${column} set storage external`);
    }
    await runner.query('create index archive_pack_heads on archive_pack using gin (heads)');
    await runner.query('alter table archive add column entry bigint');
    await runner.query('update archive a set entry = e.id from log_entry e where e.sha256 = a.sha256');
    // By which it is found that nobody needs a batch any more.
    await runner.query('create index archive_batch_needed on archive (batch) where batch is not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index archive_batch_needed');
    await runner.query('alter table archive drop column entry');
    const packs = (await runner.query('select index from archive_pack order by index')) as {
      index: string;
    }[];
    for (const { index } of packs) await unpack(runner, Number(index));
    await runner.query('drop table archive_pack');
  }
}

/** The items of a pack as rows again, each whole. */
async function unpack(runner: QueryRunner, index: number): Promise<void> {
  const [pack] = (await runner.query('select bytes from archive_pack where index = $1', [index])) as {
    bytes: Buffer;
  }[];
  const items = pack === undefined ? [] : await readPack(pack.bytes, WIDTH);
  for (const item of items) {
    if (item === null) continue;
    await runner.query(
      'insert into archive (sha256, bytes) values (sha256($1::bytea), $1) on conflict do nothing',
      [item],
    );
  }
}

const WIDTH = 256;
