import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which what was closed long ago is found, without reading what is parked. */
export class IndexClosed1767225604100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create index quarantine_closed on quarantine (closed_at) where closed_at is not null',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index quarantine_closed');
  }
}
