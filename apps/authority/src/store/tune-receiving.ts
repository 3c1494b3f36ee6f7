import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What receiving a batch costs the database beyond writing it. */
export class TuneReceiving1767225603700 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // A router's notice names the event by its bytes: the few own events without a place are found by their digest.
    await runner.query(
      `create index event_unplaced on event (digest) where status in ('provisional', 'parked')`,
    );
    // A state of a few KB is rewritten with each event: it stays in its row, as it is, instead of being compressed.
    await runner.query('alter table practice set (toast_tuple_target = 8160)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table practice reset (toast_tuple_target)');
    await runner.query('drop index event_unplaced');
  }
}
