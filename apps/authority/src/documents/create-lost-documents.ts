import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Documents that the database calls complete and whose bytes are not, or not whole, on the disk: to be fetched back. */
export class CreateLostDocuments1767225604103 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table lost_document (
        owner text not null,
        uuid uuid not null,
        document_id uuid not null,
        found_at timestamptz not null,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null,
        -- Why the last attempt brought nothing.
        code text,
        primary key (owner, uuid, document_id),
        foreign key (owner, uuid, document_id) references document on delete cascade
      )`);
    await runner.query('create index lost_document_due on lost_document (next_attempt_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table lost_document');
  }
}
