import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Answers kept for callers that try again. */
export class CreateIdempotency1767225600011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table idempotency (
        token_id uuid not null,
        key text not null,
        content_digest text not null,
        -- Not jsonb: the answer comes back in the order in which it was given.
        answer json not null,
        created_at timestamptz not null,
        primary key (token_id, key)
      )`);
    await runner.query('create index idempotency_age on idempotency (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table idempotency');
  }
}
