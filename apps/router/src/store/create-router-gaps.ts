import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Numbers of authors that a router misses, with what it has done about it. */
export class CreateRouterGaps1767225603111 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index waiting_since on waiting_event (since)');
    await runner.query(`
      create table author_gap (
        owner text not null,
        uuid uuid not null,
        author text not null,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null,
        -- What the author's node said in the last round: [{ holder, at, given, code }].
        asked jsonb not null default '[]',
        primary key (owner, uuid, author)
      )`);
    await runner.query('create index author_gap_due on author_gap (next_attempt_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table author_gap');
    await runner.query('drop index waiting_since');
  }
}
