import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which what was closed long ago is found, without reading what is still refused. */
export class IndexClosedRefused1767225604101 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index refused_closed on refused (closed_at) where closed_at is not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index refused_closed');
  }
}
