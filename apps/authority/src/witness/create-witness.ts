import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a witness remembers: of each log the checkpoint that it has cosigned last, and for ever what logs have shown it
 * that does not fit together. And its key, as this node has stated it under its seal.
 */
export class CreateWitness1767225605001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table witness_state (
        origin text primary key,
        size bigint not null check (size >= 0),
        root bytea not null check (length(root) = 32),
        -- POSIX time in the cosignature, seconds.
        cosigned_at bigint not null,
        note bytea not null
      )`);
    await runner.query(`
      create table witness_finding (
        id uuid primary key,
        origin text not null,
        kind text not null check (kind in ('two-roots', 'rewritten', 'not-empty', 'unexplained', 'shorter')),
        earlier bytea,
        later bytea not null,
        earlier_size bigint,
        later_size bigint not null,
        -- Of 'rewritten': the root that the later tree has at the earlier size. Of 'unexplained': none.
        root bytea check (length(root) = 32),
        -- Hashes of 32 bytes, one behind the other.
        proof bytea not null check (length(proof) % 32 = 0),
        -- Over what the checkpoints say, so that one finding is one, in however many copies.
        digest bytea not null unique,
        found_at timestamptz not null,
        last_at timestamptz not null,
        times integer not null default 1,
        settled_at timestamptz,
        acknowledged_at timestamptz,
        action uuid
      )`);
    await runner.query('create index witness_finding_newest on witness_finding (found_at desc, id desc)');
    await runner.query('create index witness_finding_unsaid on witness_finding (id) where action is null');
    await runner.query(`
      create table witness_key (
        vkey text not null,
        -- SHA-256 of the signing certificate under which it was stated.
        certificate text not null,
        item bytea,
        stated_at timestamptz not null,
        primary key (vkey, certificate)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['witness_key', 'witness_finding', 'witness_state']) {
      await runner.query(`drop table ${table}`);
    }
  }
}
