import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a restored node learns from the topics of what it had said: its receipts, which are never signed a second time,
 * and the numbers of its protocol register that are given out and have no entry (yet).
 */
export class CreateRecovery1767225603502 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table published_receipt (
        author text not null,
        event_id uuid not null,
        kind text not null,
        time timestamptz not null,
        registration jsonb,
        cancellation jsonb,
        bytes bytea not null,
        primary key (author, event_id, kind)
      )`);
    await runner.query('alter table published_receipt alter column bytes set storage external');
    // A number keeps its row when its entry is written again: that it was lost once stays visible.
    await runner.query(`
      create table protocol_lost (
        register text not null,
        year integer not null,
        number bigint not null check (number > 0),
        -- The message that has the number; null if nobody could tell.
        author text,
        event_id uuid,
        found_at timestamptz not null,
        primary key (register, year, number)
      )`);
    await runner.query('create index protocol_lost_event on protocol_lost (author, event_id)');
    await runner.query(triggerFunction(KNOWN_NUMBERS));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(triggerFunction('select register, year, number from protocol'));
    await runner.query('drop table protocol_lost');
    await runner.query('drop table published_receipt');
  }
}

/** Numbers that were given out, whether they have their entries or not. */
const KNOWN_NUMBERS = `select register, year, number from protocol
  union all select register, year, number from protocol_lost`;

/** As `CreateProtocol1767225602002` has it, but for which numbers count as given out. */
function triggerFunction(numbers: string): string {
  return `create or replace function protocol_append_only() returns trigger language plpgsql as $$
   begin
     if tg_op = 'INSERT' then
       if new.number > 1 and not exists (select 1 from (${numbers}) given
            where register = new.register and year = new.year and number = new.number - 1) then
         raise exception 'the protocol register has no number before %/%', new.year, new.number;
       end if;
       if new.state <> 'registered' then
         raise exception 'an entry of the protocol register begins as registered';
       end if;
       return new;
     end if;
     if tg_op = 'UPDATE' and old.state = 'registered' and new.state = 'cancelled'
        and to_jsonb(new) - '{state,cancelled_at,cancelled_by,cancellation_reason,cancellation_act,cancellation_note}'::text[]
          = to_jsonb(old) - '{state,cancelled_at,cancelled_by,cancellation_reason,cancellation_act,cancellation_note}'::text[]
     then
       return new;
     end if;
     raise exception 'the protocol register is append-only';
   end $$`;
}
