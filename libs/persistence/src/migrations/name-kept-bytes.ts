import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A row of the outbox may name bytes that the node keeps anyway, instead of holding them again. The view `kept_bytes` says
 * where: it is empty until a node's own migration gives it a table. Rows of before hold their bytes, and are sent as they are.
 *
 * The column `value` gets another name: an instance of before would take a row without a value for an empty record, and
 * send it. Without the column it fails until it is replaced, and sends nothing wrong.
 */
export class NameKeptBytes1767225604600 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox rename column value to payload');
    await runner.query('alter table outbox alter column payload drop not null');
    await runner.query(`
      alter table outbox
        add column kept_author text,
        add column kept_event uuid,
        add column kept_value text check (kept_value in ('bytes', 'decision')),
        -- Of value and headers that are bytes, together; null in rows of before.
        add column size integer,
        add check (num_nulls(kept_author, kept_event, kept_value) in (0, 3)),
        add check ((payload is null) = (kept_value is not null))`);
    await runner.query(`
      create view kept_bytes as
      select null::text as author, null::uuid as event_id, null::bytea as bytes, null::bytea as decision where false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view kept_bytes');
    await runner.query(
      'alter table outbox drop column kept_author, drop column kept_event, drop column kept_value, drop column size',
    );
    // Of what was sent long ago the event may be gone; of what is to be sent it is not, or this is refused.
    await runner.query("update outbox set payload = '' where payload is null and sent_at is not null");
    await runner.query('alter table outbox alter column payload set not null');
    await runner.query('alter table outbox rename column payload to value');
  }
}
