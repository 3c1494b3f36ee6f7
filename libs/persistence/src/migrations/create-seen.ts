import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The narrow table by which an event has its effect once, for ever: never pruned. */
export class CreateSeen1767225600001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table seen (
        author text not null,
        event_id uuid not null,
        signed_info_digest bytea not null check (octet_length(signed_info_digest) = 32),
        first_at timestamptz not null default now(),
        primary key (author, event_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table seen');
  }
}
