import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many of this node's events each partner was sent, and how many it has said to have received. Counted as they go:
 * asking the events themselves would take the longer the more of them there are.
 */
export class CreatePartnerTally1767225603900 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table partner_tally (
        partner text primary key,
        sent bigint not null default 0,
        received bigint not null default 0,
        last_heard_at timestamptz
      )`);
    // What was sent before and has not been received yet is not known; it is not counted as missing.
    await runner.query(`
      insert into partner_tally (partner, sent, received, last_heard_at)
      select by, count(*), count(*), max(time) from receipt where kind = 'received' group by by`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table partner_tally');
  }
}
