import type { MigrationInterface, QueryRunner } from 'typeorm';

import { partitionTable } from '../partitions/partition-table.ts';

/** The outbox by weeks: what was sent goes with its week, and the table stays as small as what it keeps. */
export class PartitionOutbox1767225603601 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await partitionTable(runner, { table: 'outbox', column: 'created_at' }, { identity: 'id' });
    await runner.query('create index outbox_unsent on outbox (id) where sent_at is null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox rename to outbox_before');
    await runner.query(
      'create table outbox (like outbox_before including defaults including constraints including identity including storage, primary key (id))',
    );
    await runner.query('insert into outbox overriding system value select * from outbox_before');
    await runner.query(
      `select setval(pg_get_serial_sequence('outbox', 'id'), max(id)) from outbox having count(*) > 0`,
    );
    await runner.query('drop table outbox_before');
    await runner.query('create index outbox_unsent on outbox (id) where sent_at is null');
    await runner.query('create index outbox_sent on outbox (sent_at) where sent_at is not null');
  }
}
