import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The log's witnesses: who they are and how each does, their cosignatures beside the checkpoints, which checkpoints have
 * enough of them, and what witnesses have shown the log that it has signed and does not have.
 */
export class CreateWitnesses1767225605002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table log_witness (
        holder text primary key,
        vkey text,
        -- One key is one witness: a cosignature does not name its witness, whoever has it could show it as his own.
        public_key bytea unique check (length(public_key) = 32),
        -- The signed action that says whose key it is.
        statement bytea,
        stated_at timestamptz,
        -- The checkpoint that it has cosigned last, by our knowledge, and when that was by our clock.
        cosigned_size bigint,
        cosigned_at timestamptz,
        failures integer not null default 0,
        failing_since timestamptz,
        code text,
        next_at timestamptz,
        check ((vkey is null) = (public_key is null))
      )`);
    await runner.query(`
      create table cosignature (
        size bigint not null references checkpoint (size),
        holder text not null,
        vkey text not null,
        -- POSIX time in the cosignature, seconds, by the witness's clock.
        time bigint not null,
        -- The signature line.
        line bytea not null,
        primary key (size, holder)
      )`);
    await runner.query(`
      create table witnessed_checkpoint (
        size bigint primary key references checkpoint (size),
        witnessed_at timestamptz not null
      )`);
    await runner.query(`
      create table log_contradiction (
        id uuid primary key,
        holder text not null,
        code text not null check (code in ('LOG_ROLLED_BACK', 'LOG_FORKED')),
        -- What the witness has, signed by this log's key, and the newest checkpoint of this database at that moment.
        theirs bytea not null,
        theirs_size bigint not null,
        theirs_root bytea not null check (length(theirs_root) = 32),
        ours bytea not null,
        ours_size bigint not null,
        found_at timestamptz not null,
        action uuid,
        unique (holder, theirs_size, theirs_root)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['log_contradiction', 'witnessed_checkpoint', 'cosignature', 'log_witness']) {
      await runner.query(`drop table ${table}`);
    }
  }
}
