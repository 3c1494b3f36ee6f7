import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A router's notice names the event by its bytes: the few own events without a place are found by their digest. */
export class IndexNotices1767225603700 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index event_unplaced on event (digest) where status in ('provisional', 'parked')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index event_unplaced');
  }
}
