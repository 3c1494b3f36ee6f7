import { feedIndex, partitionTable } from '#persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The feed by months: what is past its time goes with its month. `feed_pruned` remembers how far that went, so that
 * whoever comes with an older cursor is told that something is missing.
 */
export class PartitionFeed1767225603602 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await partitionTable(
      runner,
      { table: 'feed', column: 'stored_at' },
      { identity: 'id', columnFrom: 'at' },
    );
    await runner.query(feedIndex('feed'));
    await runner.query(`
      create table feed_pruned (
        only_row boolean primary key default true check (only_row),
        xid xid8 not null,
        id bigint not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table feed_pruned');
    await runner.query('alter table feed rename to feed_before');
    await runner.query(
      'create table feed (like feed_before including defaults including constraints including identity, primary key (id))',
    );
    await runner.query('insert into feed overriding system value select * from feed_before');
    await runner.query('alter table feed drop column stored_at');
    await runner.query(
      `select setval(pg_get_serial_sequence('feed', 'id'), max(id)) from feed having count(*) > 0`,
    );
    await runner.query('drop table feed_before');
    await runner.query(feedIndex('feed'));
  }
}
