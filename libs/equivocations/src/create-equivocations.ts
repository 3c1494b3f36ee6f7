import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What authors have signed twice: the evidence, both events whole, for as long as the node lives. */
export class CreateEquivocations1767225603120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table equivocation (
        id uuid primary key,
        kind text not null check (kind in ('same-id', 'same-number')),
        author text not null,
        first_event uuid not null,
        first_owner text not null,
        first_uuid uuid not null,
        first_digest text not null,
        first_signed_info text not null,
        first_bytes bytea not null,
        second_event uuid not null,
        second_owner text not null,
        second_uuid uuid not null,
        second_digest text not null,
        second_signed_info text not null,
        second_bytes bytea not null,
        found_at timestamptz not null,
        acknowledged_at timestamptz
      )`);
    // Once for two signings, whichever of them came first and in however many copies.
    await runner.query(`
      create unique index equivocation_once on equivocation
        (author, least(first_signed_info, second_signed_info), greatest(first_signed_info, second_signed_info))`);
    await runner.query('create index equivocation_of_first on equivocation (first_owner, first_uuid)');
    await runner.query('create index equivocation_of_second on equivocation (second_owner, second_uuid)');
    // Copies of an event that is here, with other bytes and the same SignedInfo: the first stays, these are counted.
    await runner.query(`
      create table malleated_copy (
        author text not null,
        event_id uuid not null,
        digest text not null,
        found_at timestamptz not null,
        primary key (author, event_id, digest)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table malleated_copy');
    await runner.query('drop table equivocation');
  }
}
