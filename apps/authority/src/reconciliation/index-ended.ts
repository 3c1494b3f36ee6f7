import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which reconciliations that ended long ago are found. */
export class IndexEnded1767225604102 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create index reconciliation_ended on reconciliation (ended_at) where ended_at is not null',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index reconciliation_ended');
  }
}
