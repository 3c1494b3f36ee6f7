import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Streams that operators have taken back. The epoch of a position counts how often: what a member says of a partition
 * counts only if it has read the position's epoch, so that nobody who does not know of it yet carries it forward again.
 */
export class CreateStreamRewinds1767225604000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table stream_position add column epoch integer not null default 0');
    await runner.query(`
      create table stream_rewind (
        id uuid primary key,
        stream text not null,
        group_name text not null,
        -- Null: by offsets.
        since timestamptz,
        token_id uuid not null,
        action_id uuid not null,
        asked_at timestamptz not null
      )`);
    await runner.query('create index stream_rewind_newest on stream_rewind (asked_at desc, id desc)');
    await runner.query(`
      create table stream_rewind_place (
        rewind_id uuid not null references stream_rewind,
        topic text not null,
        partition integer not null,
        -- Where the group stood: everything before it had been handled once.
        stood bigint not null,
        -- From where it reads again.
        next_offset bigint not null check (next_offset >= 0 and next_offset < stood),
        primary key (rewind_id, topic, partition)
      )`);
    await runner.query('create index stream_rewind_place_of on stream_rewind_place (topic, partition)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table stream_rewind_place');
    await runner.query('drop table stream_rewind');
    await runner.query('alter table stream_position drop column epoch');
  }
}
