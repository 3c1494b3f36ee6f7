import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is to be sent, committed together with the state that it follows from. `value` is signed XML, a few KB that do
 * not compress well after base64 and are read whole: stored outside the row, uncompressed.
 */
export class CreateOutbox1767225600002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table outbox (
        id bigint generated always as identity primary key,
        topics text[] not null check (cardinality(topics) > 0),
        key text,
        value bytea not null,
        headers jsonb not null,
        created_at timestamptz not null default now(),
        sent_at timestamptz
      )`);
    await runner.query('alter table outbox alter column value set storage external');
    await runner.query('create index outbox_unsent on outbox (id) where sent_at is null');
    await runner.query('create index outbox_sent on outbox (sent_at) where sent_at is not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table outbox');
  }
}
