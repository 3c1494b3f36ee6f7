import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Positions that a node misses, with what it has done about it; and a new kind of entry of the feed. */
export class CreateGaps1767225603101 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What waits is looked for again and again, and is nearly always nothing.
    await runner.query(
      `create index event_waiting on event (owner, uuid, position) where status = 'waiting'`,
    );
    // One row for a practice whose events have waited longer than they should. Which positions are missing follows from
    // the events; here is only who was asked for them, and when it is time to ask again.
    await runner.query(`
      create table gap (
        owner text not null,
        uuid uuid not null,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null,
        -- What each neighbour said in the last round: [{ holder, at, given, code }].
        asked jsonb not null default '[]',
        primary key (owner, uuid)
      )`);
    await runner.query('create index gap_due on gap (next_attempt_at)');
    await runner.query('alter table feed drop constraint feed_kind_check');
    await runner.query(
      `alter table feed add constraint feed_kind_check
       check (kind in ('event', 'receipt', 'documents-complete', 'parked', 'equivocation'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from feed where kind = 'equivocation'`);
    await runner.query('alter table feed drop constraint feed_kind_check');
    await runner.query(
      `alter table feed add constraint feed_kind_check
       check (kind in ('event', 'receipt', 'documents-complete', 'parked'))`,
    );
    await runner.query('drop table gap');
    await runner.query('drop index event_waiting');
  }
}
