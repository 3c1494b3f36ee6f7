import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests to destroy the documents of practices whose retention period is over, and documents that were. */
export class CreateRetention1767225605400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table retention_practice');
    await runner.query('drop table retention_request');
    await runner.query('alter table document drop constraint document_status_check');
    await runner.query(
      `alter table document add constraint document_status_check
         check (status in ('complete', 'fetching', 'author-away', 'refused')) not valid`,
    );
  }
}

const STATEMENTS = [
  'alter table document drop constraint document_status_check',
  // Every row satisfies it: it allows more than the one before. Destroyed: its key is, and what was known of its content.
  `alter table document add constraint document_status_check
     check (status in ('complete', 'fetching', 'author-away', 'refused', 'destroyed')) not valid`,
  `create table retention_request (
     id uuid primary key,
     -- approved: nothing takes it back, and keys are being destroyed; destroyed: signed, files are being removed.
     status text not null check (status in ('open', 'refused', 'withdrawn', 'approved', 'destroyed', 'applied')),
     requested_at timestamptz not null,
     requested_by uuid not null,
     act text not null,
     reason text not null,
     expires_at timestamptz not null,
     decided_at timestamptz,
     decided_by uuid,
     decision_note text,
     destroyed_at timestamptz,
     applied_at timestamptz,
     check ((decided_at is null) = (status = 'open'))
   )`,
  `create index retention_request_newest on retention_request (requested_at desc, id desc)`,
  `create index retention_request_at_work on retention_request (requested_at)
     where status in ('open', 'approved', 'destroyed')`,
  `create table retention_practice (
     request uuid not null references retention_request,
     owner text not null,
     uuid uuid not null,
     closed_at timestamptz not null,
     basis text not null,
     documents integer not null,
     bytes bigint not null,
     -- Something happened in the practice after it had been asked for: nothing of it is destroyed.
     spared boolean not null default false,
     -- Which key was destroyed: an older copy of the folder of keys may bring it back.
     key_id text,
     -- The signed action, once its documents are destroyed.
     action uuid,
     primary key (request, owner, uuid)
   )`,
  `create index retention_practice_of on retention_practice (owner, uuid)`,
];
