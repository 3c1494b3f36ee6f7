import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a desk needs of the quarantine: entries that are discarded, or settled by another record; the digest of the
 * bytes, by which the same record is known at another place; and re-runs, whose progress outlives the process.
 */
export class QuarantineDesk1767225603301 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table quarantine drop constraint quarantine_status_check');
    await runner.query(
      `alter table quarantine add constraint quarantine_status_check
         check (status in ('parked', 'released', 'discarded', 'superseded'))`,
    );
    await runner.query(
      'alter table quarantine add column digest bytea not null generated always as (sha256(bytes)) stored',
    );
    await runner.query(`create index quarantine_digest on quarantine (digest) where status = 'parked'`);
    await runner.query('create index quarantine_arrival on quarantine (parked_at, id)');
    await createReruns(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table quarantine_rerun');
    await runner.query('drop index quarantine_arrival');
    await runner.query('alter table quarantine drop column digest');
    await runner.query(`update quarantine set status = 'released' where status <> 'parked'`);
    await runner.query('alter table quarantine drop constraint quarantine_status_check');
    await runner.query(
      `alter table quarantine add constraint quarantine_status_check check (status in ('parked', 'released'))`,
    );
  }
}

/** The table of re-runs, for a node whose quarantine is not the table of this room. */
export async function createReruns(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table quarantine_rerun (
      id uuid primary key,
      since timestamptz not null,
      until timestamptz not null,
      code text,
      topic text,
      token_id uuid not null,
      reached_at timestamptz,
      reached_id uuid,
      released integer not null default 0,
      held integer not null default 0,
      parked integer not null default 0,
      later integer not null default 0,
      asked_at timestamptz not null,
      ended_at timestamptz
    )`);
  await runner.query(
    'create index quarantine_rerun_open on quarantine_rerun (asked_at) where ended_at is null',
  );
}
