import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Signed items are mostly signatures: to look for what they could be compressed by costs twice their writing, and gains nothing. */
export class PlainArchive1767225604501 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table archive alter column bytes set storage external');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table archive alter column bytes set storage extended');
  }
}
