import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A node's verified copy of the registry's chain: the signed bytes as they arrived, so that a restart needs neither
 * the broker nor the registry.
 */
export class CreateRegistryCopy1767225600021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table registry_copy (
        number bigint primary key check (number > 0),
        bytes bytea not null,
        digest text not null check (digest ~ '^[0-9a-f]{64}$')
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table registry_copy');
  }
}
