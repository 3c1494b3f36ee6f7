import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createReruns } from '#quarantine';

/**
 * The auditor's refused records join the desk: a view of the shape that `#quarantine` reads and closes entries in. There
 * is one row for one place in a topic, as ever.
 */
export class RefusedDesk1767225603304 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table refused
        add column id uuid not null unique default gen_random_uuid(),
        add column status text not null default 'parked'
          check (status in ('parked', 'released', 'discarded', 'superseded')),
        add column closed_at timestamptz`);
    await runner.query(
      `update refused set status = 'released', closed_at = passed_at where passed_at is not null`,
    );
    await runner.query('create index refused_arrival on refused (refused_at, id)');
    await runner.query(`
      create view quarantine as
        select id, jsonb_build_object('topic', topic, 'partition', partition, 'offset', record_offset::text) as origin,
          headers, bytes, digest, code, reason, status, refused_at as parked_at, closed_at
        from refused`);
    await createReruns(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table quarantine_rerun');
    await runner.query('drop view quarantine');
    await runner.query('drop index refused_arrival');
    await runner.query('alter table refused drop column id, drop column status, drop column closed_at');
  }
}
