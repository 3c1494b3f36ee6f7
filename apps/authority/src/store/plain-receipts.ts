import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A receipt is mostly a signature: to look for what it could be compressed by costs twice its writing, and gains nothing. */
export class PlainReceipts1767225604500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table receipt alter column bytes set storage external');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table receipt alter column bytes set storage extended');
  }
}
