import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The registry's own chain, as signed: the one place where entries are made. Nothing is ever changed or removed. */
export class CreateRegistryEntry1767225600022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table registry_entry (
        number bigint primary key check (number > 0),
        kind text not null,
        time timestamptz not null,
        bytes bytea not null,
        digest text not null unique check (digest ~ '^[0-9a-f]{64}$')
      )`);
    await runner.query(`
      create function refuse_change() returns trigger language plpgsql as $$
      begin raise exception 'registry_entry only grows'; end $$`);
    await runner.query(`
      create trigger registry_entry_only_grows before update or delete on registry_entry
      for each row execute function refuse_change()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table registry_entry');
    await runner.query('drop function refuse_change');
  }
}
