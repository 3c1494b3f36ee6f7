import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Decisions that this router has published and its database lacks, in the order of `practice.routing`, with the bytes
 * of their events once they are found. Empty but while a restored router adopts them.
 */
export class CreateRecovery1767225603501 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table lost_decision (
        id bigint generated always as identity primary key,
        author text not null,
        event_id uuid not null,
        event_digest text not null,
        decision bytea not null,
        bytes bytea,
        unique (author, event_id)
      )`);
    await runner.query('create index lost_decision_event on lost_decision (event_digest)');
    await runner.query('alter table lost_decision alter column bytes set storage external');
    await runner.query('alter table lost_decision alter column decision set storage external');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table lost_decision');
  }
}
