import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the router sends for an event lies in `routed_event`; the outbox names it there. An event that is still to be sent
 * cannot be deleted: the database refuses, whoever asks.
 */
export class KeepNamedBytes1767225604601 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create or replace view kept_bytes as select author, event_id, bytes, decision from routed_event',
    );
    await runner.query(`
      create function keep_named_bytes() returns trigger language plpgsql as $$
      begin
        if exists (select 1 from outbox
            where sent_at is null and kept_author = old.author and kept_event = old.event_id) then
          raise exception 'event % of % is still to be sent', old.event_id, old.author
            using errcode = 'restrict_violation';
        end if;
        return old;
      end $$`);
    await runner.query(`
      create trigger keep_named_bytes before delete on routed_event
      for each row execute function keep_named_bytes()`);
  }

  /** Rows get back the bytes that they name. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      update outbox o set
        payload = case o.kept_value when 'bytes' then k.bytes else k.decision end,
        header_bytes = case when o.headers @? '$.*.kept' then k.decision end,
        headers = (
          select coalesce(jsonb_object_agg(name, case content when '{"kept": "decision"}'
            then jsonb_build_object('at', 0, 'size', octet_length(k.decision)) else content end), '{}')
          from jsonb_each(o.headers) as header(name, content)),
        kept_author = null, kept_event = null, kept_value = null
      from kept_bytes k
      where k.author = o.kept_author and k.event_id = o.kept_event`);
    await runner.query('drop trigger keep_named_bytes on routed_event');
    await runner.query('drop function keep_named_bytes');
    await runner.query(`
      create or replace view kept_bytes as
      select null::text as author, null::uuid as event_id, null::bytea as bytes, null::bytea as decision where false`);
  }
}
