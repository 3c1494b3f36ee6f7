import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who has read what at this node, and the anchors under which it stands in the log. The database itself keeps it: an
 * access gets its anchor once, nothing else of it changes, and none goes before it has one.
 */
export class CreateAccessLog1767225605201 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table access_record');
    await runner.query('drop table access_anchor');
    await runner.query('drop function access_kept');
  }
}

const STATEMENTS = [
  `create table access_anchor (
     -- The action that signs it.
     id uuid primary key,
     -- In the order in which they were made, whatever the clock says.
     number bigint generated always as identity unique,
     at timestamptz not null,
     root bytea not null check (length(root) = 32),
     size integer not null check (size > 0),
     first_at timestamptz not null,
     last_at timestamptz not null
   )`,
  `create table access_record (
     id uuid primary key,
     at timestamptz not null,
     -- RFC 8785 canonical JSON: a leaf of the anchor's tree.
     entry bytea not null,
     token_id uuid not null,
     -- Whom the token's system has named, and why it was read: known here alone.
     operator text,
     purpose text,
     purpose_salt bytea,
     owner text,
     uuid uuid,
     -- Of a partner's own system: one for each practice and day (Europe/Rome).
     day date,
     anchor uuid references access_anchor (id),
     -- Its place in the anchor's tree, from 0.
     place integer check (place >= 0),
     check ((anchor is null) = (place is null)),
     check ((purpose is null) = (purpose_salt is null)),
     check ((owner is null) = (uuid is null)),
     check (day is null or uuid is not null)
   )`,
  `create unique index access_record_day on access_record (token_id, uuid, owner, day) where day is not null`,
  `create unique index access_record_place on access_record (anchor, place) where anchor is not null`,
  `create index access_record_waiting on access_record (at, id) where anchor is null`,
  `create index access_record_practice on access_record (uuid, at, id) where uuid is not null`,
  `create index access_record_at on access_record (at, id)`,
  `create function access_kept() returns trigger language plpgsql as $$
   begin
     if tg_op = 'DELETE' and old.anchor is not null then
       return old;
     end if;
     if tg_op = 'UPDATE' and old.anchor is null and new.anchor is not null
        and to_jsonb(new) - '{anchor,place}'::text[] = to_jsonb(old) - '{anchor,place}'::text[] then
       return new;
     end if;
     raise exception 'an access is written once, anchored once, and kept until it is';
   end $$`,
  `create trigger access_kept before update or delete on access_record
     for each row execute function access_kept()`,
  `create trigger access_never_emptied before truncate on access_record
     for each statement execute function access_kept()`,
];
