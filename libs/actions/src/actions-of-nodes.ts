import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a node does by itself, and answers for, has no token. */
export class ActionsOfNodes1767225605000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operator_action alter column token_id drop not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('delete from operator_action where token_id is null');
    await runner.query('alter table operator_action alter column token_id set not null');
  }
}
