import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the router knows: practices with their participants, every decision, and each author's numbering. */
export class CreateRouting1767225601001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table routed_practice (
        owner text not null,
        uuid uuid not null,
        cui text not null,
        procedure_code text not null,
        procedure_version integer not null,
        participants jsonb not null,
        last_position integer not null check (last_position >= 0),
        primary key (owner, uuid)
      )`);
    await runner.query(`
      create table routed_event (
        author text not null,
        event_id uuid not null,
        owner text not null,
        uuid uuid not null,
        position integer not null,
        number integer not null,
        digest text not null,
        registry_number integer not null,
        bytes bytea not null,
        decision bytea not null,
        decided_at timestamptz not null,
        type text not null,
        -- SHA-256 of the certificate that signed it: what a retroactive revocation covers is asked by it.
        signer text not null,
        primary key (author, event_id),
        unique (owner, uuid, position),
        unique (owner, uuid, author, number)
      )`);
    await runner.query(
      'create index routed_by_signer on routed_event (signer, decided_at, author, event_id)',
    );
    await runner.query('alter table routed_event alter column bytes set storage external');
    await runner.query('alter table routed_event alter column decision set storage external');
    await runner.query(`
      create table author_head (
        owner text not null,
        uuid uuid not null,
        author text not null,
        number integer not null,
        digest text not null,
        primary key (owner, uuid, author)
      )`);
    await runner.query(`
      create table voided_number (
        owner text not null,
        uuid uuid not null,
        author text not null,
        number integer not null,
        primary key (owner, uuid, author, number)
      )`);
    // Events that verified and were parked: each claims its author's number, until a replacement says otherwise.
    await runner.query(`
      create table parked_number (
        owner text not null,
        uuid uuid not null,
        author text not null,
        number integer not null,
        event_id uuid not null,
        signed_info_digest text not null,
        primary key (owner, uuid, author, number)
      )`);
    await runner.query(`
      create table replaced_event (
        owner text not null,
        uuid uuid not null,
        author text not null,
        event_id uuid not null,
        number integer not null,
        primary key (owner, uuid, author, event_id)
      )`);
    await runner.query(`
      create table waiting_event (
        owner text not null,
        uuid uuid not null,
        author text not null,
        number integer not null,
        event_id uuid not null,
        bytes bytea not null,
        digest text not null,
        signed_info_digest text not null,
        signer text not null,
        origin jsonb not null,
        since timestamptz not null default now(),
        primary key (owner, uuid, author, number)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'waiting_event',
      'replaced_event',
      'parked_number',
      'voided_number',
      'author_head',
      'routed_event',
      'routed_practice',
    ]) {
      await runner.query(`drop table ${table}`);
    }
  }
}
