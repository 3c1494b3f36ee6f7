import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a node needs to compare itself with its neighbours, and what came of it. */
export class CreateReconciliation1767225603200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['reconciliation', 'neighbour', 'placement'])
      await runner.query(`drop table ${table}`);
  }
}

const STATEMENTS = [
  // What a decision says of its event's place in time and of who was told, read once: off the path of receiving. A row
  // says nothing about whether the event is (still) here: that is asked of the event itself, each time.
  `create table placement (
     author text not null,
     event_id uuid not null,
     decided_at timestamptz not null,
     -- The joined participants' IPA codes, lower case.
     parties text[] not null,
     primary key (author, event_id)
   )`,
  `create index placement_decided on placement (decided_at)`,
  // With whom this node has ever shared a practice; lower case.
  `create table neighbour (ipa text primary key)`,
  `create table reconciliation (
     id uuid primary key,
     partner text not null,
     from_time timestamptz not null,
     to_time timestamptz not null,
     -- Who wanted it: somebody here, this node's interval, or the partner.
     origin text not null check (origin in ('order', 'interval', 'partner')),
     status text not null check (status in ('ordered', 'running', 'agreed', 'differs', 'failed')),
     code text,
     reason text,
     ordered_at timestamptz not null,
     started_at timestamptz,
     ended_at timestamptz,
     -- Of either author: how many events are held here, and there.
     events jsonb not null default '[]',
     found integer not null default 0,
     healed integer not null default 0,
     -- The first so many, with what became of each.
     differences jsonb not null default '[]',
     own_statement bytea,
     partner_statement bytea,
     check ((status in ('ordered', 'running')) = (ended_at is null)),
     check (status <> 'agreed' or (own_statement is not null and partner_statement is not null))
   )`,
  `create index reconciliation_open on reconciliation (ordered_at) where ended_at is null`,
  `create index reconciliation_of on reconciliation (partner, ended_at desc)`,
  `create index reconciliation_newest on reconciliation (ordered_at desc, id desc)`,
];
