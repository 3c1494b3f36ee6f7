import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The log: its entries, waiting and placed; the tree's hashes; the chain of checkpoints; the archive of signed bytes;
 * what was refused. The constraints say what must never happen, whoever writes: two leaves for one thing, two leaves at
 * one index, two checkpoints after the same one.
 */
export class CreateLog1767225602001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table log_entry (
        id bigint generated always as identity primary key,
        index bigint unique check (index >= 0),
        kind text not null check (kind in ('event', 'decision', 'receipt')),
        author text not null,
        event_id uuid not null,
        speaker text not null,
        receipt_kind text not null,
        owner text not null,
        uuid uuid not null,
        content_digest bytea not null,
        sha256 bytea not null,
        decided bytea,
        entry bytea not null,
        taken_at timestamptz not null default now()
      )`);
    // IPA codes compare without regard to letter case.
    await runner.query(
      'create unique index log_entry_once on log_entry (kind, lower(author), event_id, lower(speaker), receipt_kind)',
    );
    await runner.query('create index log_entry_waiting on log_entry (id) where index is null');
    await runner.query('create index log_entry_event on log_entry (event_id)');
    await runner.query('create index log_entry_practice on log_entry (uuid, lower(owner), index)');
    await runner.query('create index log_entry_decided on log_entry (decided) where decided is not null');
    await runner.query(`
      create table archive (
        sha256 bytea primary key check (length(sha256) = 32),
        bytes bytea not null
      )`);
    await runner.query(`
      create table node_hash (
        level smallint not null,
        index bigint not null,
        hash bytea not null check (length(hash) = 32),
        primary key (level, index)
      )`);
    await runner.query(`
      create table checkpoint (
        size bigint primary key check (size >= 0),
        previous bigint unique references checkpoint (size),
        root bytea not null,
        note bytea not null,
        published_at timestamptz not null default now(),
        check (previous < size),
        check ((previous is null) = (size = 0))
      )`);
    await this.#refused(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['refused', 'checkpoint', 'node_hash', 'archive', 'log_entry']) {
      await runner.query(`drop table ${table}`);
    }
  }

  async #refused(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table refused (
        topic text not null,
        partition integer not null,
        record_offset bigint not null,
        digest bytea not null,
        headers jsonb not null,
        bytes bytea not null,
        code text not null,
        reason text not null,
        refused_at timestamptz not null,
        passed_at timestamptz,
        primary key (topic, partition, record_offset)
      )`);
    await runner.query('create index refused_digest on refused (digest) where passed_at is null');
  }
}
