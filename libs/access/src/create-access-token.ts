import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The bearer tokens of a node's partners, by their hash. A revoked one keeps its row: the log names it by its id. */
export class CreateAccessToken1767225600010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table access_token (
        id uuid primary key,
        label text not null check (label <> ''),
        sha256 bytea not null unique check (octet_length(sha256) = 32),
        scopes text[] not null check (cardinality(scopes) > 0),
        created_at timestamptz not null,
        revoked_at timestamptz,
        last_used_at timestamptz
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table access_token');
  }
}
