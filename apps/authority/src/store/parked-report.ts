import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the router said when it parked an event of this node's, and when: for the list of what is parked. */
export class ParkedReport1767225603305 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table event add column parked_at timestamptz, add column parked_reason text');
    await runner.query(`update event set parked_at = received_at where status = 'parked'`);
    await runner.query(`create index event_parked on event (parked_at, event_id) where status = 'parked'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index event_parked');
    await runner.query('alter table event drop column parked_at, drop column parked_reason');
  }
}
