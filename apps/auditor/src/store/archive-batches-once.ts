import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A signed batch is kept once for all its items: it is four fifths of a receipt, and the same in each of a batch. What was
 * archived before stays as it is. `archived` gives the bytes as they travelled, of both.
 */
export class ArchiveBatchesOnce1767225604301 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table archive_batch (
        -- SHA-256 of the signed batch.
        digest bytea primary key check (length(digest) = 32),
        -- Its base64, as in the items.
        text bytea not null
      )`);
    await runner.query('alter table archive_batch alter column text set storage external');
    await runner.query(`
      alter table archive
        add column batch bytea,
        -- How many bytes of the item stand before its batch.
        add column batch_at integer check ((batch is null) = (batch_at is null))`);
    await runner.query(`
      create view archived as
        select a.sha256,
          case when a.batch is null then a.bytes
            else substring(a.bytes from 1 for a.batch_at) || b.text || substring(a.bytes from a.batch_at + 1)
          end as bytes
        from archive a left join archive_batch b on b.digest = a.batch`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'update archive a set bytes = v.bytes from archived v where v.sha256 = a.sha256 and a.batch is not null',
    );
    await runner.query('drop view archived');
    await runner.query('alter table archive drop column batch_at, drop column batch');
    await runner.query('drop table archive_batch');
  }
}
