import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Operators' actions become leaves, which need not be about a practice. */
export class LogActions1767225603302 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table log_entry drop constraint log_entry_kind_check');
    await runner.query(
      `alter table log_entry add constraint log_entry_kind_check check (kind in ('event', 'decision', 'receipt', 'action'))`,
    );
    await runner.query(
      'alter table log_entry alter column owner drop not null, alter column uuid drop not null',
    );
    await runner.query(
      `alter table log_entry add constraint log_entry_practice check (kind = 'action' or (owner is not null and uuid is not null))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from log_entry where kind = 'action'`);
    await runner.query('alter table log_entry drop constraint log_entry_practice');
    await runner.query(
      'alter table log_entry alter column owner set not null, alter column uuid set not null',
    );
    await runner.query('alter table log_entry drop constraint log_entry_kind_check');
    await runner.query(
      `alter table log_entry add constraint log_entry_kind_check check (kind in ('event', 'decision', 'receipt'))`,
    );
  }
}
