import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What operators did at this node, with what stays here: whose token it was, and the reason with its salt. The key under
 * which actors are referred to is made with the table and never leaves the database.
 */
export class CreateActions1767225603303 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table operator_action (
        id uuid primary key,
        kind text not null,
        outcome text not null,
        subject text not null,
        token_id uuid not null,
        reason text,
        reason_salt bytea,
        item bytea not null,
        at timestamptz not null,
        check ((reason is null) = (reason_salt is null))
      )`);
    await runner.query('create index operator_action_subject on operator_action (subject, at, id)');
    await runner.query('create index operator_action_at on operator_action (at, id)');
    await runner.query(`
      create table actor_key (
        single boolean primary key default true check (single),
        key bytea not null check (length(key) = 32)
      )`);
    // Two random UUIDs: 244 bits from the server's strong source.
    await runner.query(
      `insert into actor_key (key) values
         (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table actor_key');
    await runner.query('drop table operator_action');
  }
}
