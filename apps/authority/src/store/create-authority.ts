import { FEED_COLUMNS, feedIndex } from '#persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a node knows: practices with their folded state, every event with its signed bytes and decision, documents,
 * receipts, and the feed for the partner's own system.
 */
export class CreateAuthority1767225602001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...PRACTICES, ...EVENTS, ...DOCUMENTS, ...PARTNER])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`drop table ${table}`);
  }
}

const TABLES = [
  'feed',
  'filing_receipt',
  'receipt',
  'document_signatures',
  'document',
  'event',
  'practice_search',
  'practice',
  'cui_counter',
];

const PRACTICES = [
  // One row a year: the progressive of a CUI is minted in the filing's transaction, so no number is ever lost.
  `create table cui_counter (year integer primary key, last integer not null)`,
  `create table practice (
     owner text not null,
     uuid uuid not null,
     cui text not null,
     procedure_code text not null,
     procedure_version integer not null,
     part text not null check (part in ('owner', 'deciding', 'opinion', 'informed')),
     territory text not null,
     filing_event uuid not null,
     filed_at timestamptz not null,
     -- The fold of the accepted events in position order; null until the first has its position.
     state jsonb,
     state_code text not null,
     position integer not null default 0,
     participants jsonb not null default '[]',
     primary key (owner, uuid)
   )`,
  // Not unique: the CUIs of others are their owners' word, and must never stand in the way of a filing here.
  `create index practice_cui on practice (lower(cui))`,
  `create index practice_newest on practice (filed_at desc, uuid desc)`,
  `create table practice_search (
     owner text not null,
     uuid uuid not null,
     name text not null,
     value text not null,
     foreign key (owner, uuid) references practice
   )`,
  `create index practice_search_of on practice_search (owner, uuid)`,
];

const EVENTS = [
  `create table event (
     author text not null,
     event_id uuid not null,
     owner text not null,
     uuid uuid not null,
     number integer not null,
     type text not null,
     time timestamptz not null,
     bytes bytea not null,
     digest text not null,
     signed_info_digest text not null,
     -- The author's own event whose number this one took; that one is then 'replaced'.
     replaces uuid,
     -- Null while provisional (the node's own, not back yet), or parked by the router.
     position integer,
     decision bytea,
     status text not null check (status in ('provisional', 'accepted', 'waiting', 'parked', 'replaced')),
     out_of_flow boolean not null default false,
     parked_code text,
     received_at timestamptz not null,
     primary key (author, event_id)
   )`,
  // A replacement has the number of the event that it replaces: of one standing each, a number has one event.
  `create unique index event_number_placed on event (owner, uuid, author, number)
     where status in ('accepted', 'waiting')`,
  `create unique index event_number_sent on event (owner, uuid, author, number) where status = 'provisional'`,
  `create index event_of_practice on event (owner, uuid, author, number)`,
  `create index event_replacement on event (author, replaces) where replaces is not null`,
  `create unique index event_position on event (owner, uuid, position) where position is not null`,
  `alter table event alter column bytes set storage external`,
  `alter table event alter column decision set storage external`,
  `create table receipt (
     author text not null,
     event_id uuid not null,
     by text not null,
     kind text not null,
     position integer not null,
     time timestamptz not null,
     code text,
     bytes bytea not null,
     primary key (author, event_id, by, kind)
   )`,
  `create table filing_receipt (
     owner text not null,
     uuid uuid not null,
     bytes bytea not null,
     primary key (owner, uuid)
   )`,
];

const DOCUMENTS = [
  `create table document (
     owner text not null,
     uuid uuid not null,
     document_id uuid not null,
     author text not null,
     event_id uuid not null,
     role text not null,
     media_type text not null,
     size bigint not null,
     salted_digest text not null,
     -- Travel with the document and die with it: known once it is complete.
     sha256 text,
     file_name text,
     -- Refused: a manifest whose bytes are here and whose checks failed.
     status text not null check (status in ('complete', 'fetching', 'author-away', 'refused')),
     attempts integer not null default 0,
     next_attempt_at timestamptz,
     away_since timestamptz,
     primary key (owner, uuid, document_id)
   )`,
  `create index document_due on document (next_attempt_at) where status <> 'complete'`,
  `create index document_of_event on document (author, event_id)`,
  // Whether an event lacks a document is asked once for each of its documents, and there may be thousands.
  `create index document_missing on document (author, event_id) where status <> 'complete'`,
  // What was found of the signatures in a document: it names people, so it goes with the document's row. A row without
  // a report is an order to check.
  `create table document_signatures (
     owner text not null,
     uuid uuid not null,
     document_id uuid not null,
     report jsonb,
     checked_at timestamptz,
     attempts integer not null default 0,
     next_attempt_at timestamptz,
     primary key (owner, uuid, document_id),
     foreign key (owner, uuid, document_id) references document on delete cascade,
     check ((report is null) = (next_attempt_at is not null))
   )`,
  `create index document_signatures_due on document_signatures (next_attempt_at) where report is null`,
];

const PARTNER = [
  `create table feed (
     ${FEED_COLUMNS},
     kind text not null check (kind in ('event', 'receipt', 'documents-complete', 'parked')),
     owner text,
     uuid uuid,
     author text,
     event_id uuid,
     type text,
     position integer,
     at timestamptz not null
   )`,
  feedIndex('feed'),
];
