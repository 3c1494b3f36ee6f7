import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a node received and could not accept: the record as it came, the reason, and whether it was released. */
export class CreateQuarantine1767225600030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table quarantine (
        id uuid primary key,
        origin jsonb not null,
        headers jsonb not null,
        bytes bytea not null,
        code text not null,
        reason text not null,
        status text not null check (status in ('parked', 'released')),
        parked_at timestamptz not null,
        closed_at timestamptz
      )`);
    // One entry for one record, however often it is delivered.
    await runner.query(
      `create unique index quarantine_origin on quarantine ((origin->>'topic'), (origin->>'partition'), (origin->>'offset'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table quarantine');
  }
}
