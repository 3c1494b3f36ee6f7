import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Partners' systems to which the feed is pushed. A webhook is a named cursor over the feed: nothing is copied for it,
 * and one that fails holds up nobody but itself.
 */
export class CreateWebhooks1767225603400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['webhook_attempt', 'webhook_secret', 'webhook'])
      await runner.query(`drop table ${table}`);
  }
}

const STATEMENTS = [
  `create table webhook (
     id uuid primary key,
     label text not null,
     url text not null,
     kinds text[] not null,
     state text not null check (state in ('active', 'paused', 'suspended')),
     state_since timestamptz not null,
     -- Why it is suspended.
     state_code text,
     -- Grows with every change that an operator makes, so that a sender at work notices it.
     revision integer not null default 1,
     -- Everything in the feed up to here was delivered, or is of other kinds.
     cursor_xid xid8 not null,
     cursor_id bigint not null,
     -- Of the message at the head of the queue: its attempts so far.
     failing_since timestamptz,
     failures integer not null default 0,
     next_attempt_at timestamptz,
     last_delivered_at timestamptz,
     created_at timestamptz not null,
     check ((state = 'suspended') = (state_code is not null)),
     check ((failing_since is null) = (failures = 0))
   )`,
  // Not a hash: a signature needs the secret itself. It leaves the node once, to the caller that had it made.
  `create table webhook_secret (
     id uuid primary key,
     webhook_id uuid not null references webhook on delete cascade,
     secret text not null,
     created_at timestamptz not null,
     -- Null for the current one.
     expires_at timestamptz
   )`,
  `create index webhook_secret_of on webhook_secret (webhook_id)`,
  `create table webhook_attempt (
     id bigint generated always as identity primary key,
     webhook_id uuid not null references webhook on delete cascade,
     message_id text not null,
     at timestamptz not null,
     latency_ms integer not null,
     status integer,
     code text
   )`,
  `create index webhook_attempt_of on webhook_attempt (webhook_id, id)`,
];
