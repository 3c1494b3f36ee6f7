import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * By its `ref`, drawn at random by who appended it, a process knows a row that it has appended itself. An id does not do:
 * a database that was restored gives it again. Rows of before have none, and are read.
 */
export class KnowOutboxRows1767225604602 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox add column ref uuid');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox drop column ref');
  }
}
