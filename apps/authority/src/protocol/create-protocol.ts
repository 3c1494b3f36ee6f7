import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The protocol register of the node's body (art. 53 and 54 DPR 445/2000). The database itself keeps it: numbers follow
 * each other without gaps, an entry is written once, and only its cancellation may be added, once.
 */
export class CreateProtocol1767225602002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['protocol_refusal', 'protocol', 'protocol_counter'])
      await runner.query(`drop table ${table}`);
    await runner.query('drop function protocol_append_only()');
  }
}

const STATEMENTS = [
  // One row a register and year: the row's lock gives the number to the transaction that holds it, to its end.
  `create table protocol_counter (
     register text not null,
     year integer not null,
     last bigint not null,
     primary key (register, year)
   )`,
  `create table protocol (
     register text not null,
     year integer not null,
     number bigint not null check (number > 0),
     aoo text not null,
     -- The day in Italy, which the year is of.
     day date not null check (extract(year from day) = year),
     registered_at timestamptz not null,
     direction text not null check (direction in ('in', 'out', 'internal')),
     author text not null,
     event_id uuid not null,
     owner text not null,
     uuid uuid not null,
     event_type text not null,
     subject text not null,
     classification jsonb not null,
     -- Of what came in, whom it is from; of what went out, whom it is for.
     correspondents jsonb not null,
     -- The sender's own registration (segnatura), of what came from another body.
     sent jsonb,
     -- Of a message of this body's that is sent again: under which registration it was sent first.
     first jsonb,
     segnatura uuid not null,
     segnatura_sha256 text not null,
     primary_sha256 text not null,
     state text not null default 'registered' check (state in ('registered', 'cancelled')),
     cancelled_at timestamptz,
     cancelled_by uuid,
     cancellation_reason text,
     cancellation_act text,
     cancellation_note text,
     primary key (register, year, number),
     unique (author, event_id),
     check ((state = 'cancelled') = (cancelled_at is not null)),
     check ((state = 'cancelled') = (cancellation_reason is not null and cancellation_act is not null))
   )`,
  `create index protocol_of_practice on protocol (owner, uuid)`,
  `create index protocol_day on protocol (day)`,
  `create function protocol_append_only() returns trigger language plpgsql as $$
   begin
     if tg_op = 'INSERT' then
       if new.number > 1 and not exists (select 1 from protocol
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
   end $$`,
  `create trigger protocol_append_only before insert or update or delete on protocol
     for each row execute function protocol_append_only()`,
  `create trigger protocol_never_emptied before truncate on protocol
     for each statement execute function protocol_append_only()`,
  // A message that this body refused to register: it gave it no number.
  `create table protocol_refusal (
     author text not null,
     event_id uuid not null,
     code text not null,
     reason text not null,
     at timestamptz not null,
     primary key (author, event_id)
   )`,
];
