import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Headers that are bytes (the decision of an event) lie beside those that are text, which say where: as base64 in JSON,
 * writing and compressing them was two thirds of what the router's database did. Rows of before keep them in the JSON.
 */
export class StoreHeadersPlain1767225603701 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox add column header_bytes bytea');
    await runner.query('alter table outbox alter column header_bytes set storage external');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox drop column header_bytes');
  }
}
