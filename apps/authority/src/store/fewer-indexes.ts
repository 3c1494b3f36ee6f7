import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One index of a table does the work of two: each costs every event, and every document of it, an entry. A practice's events are
 * found by the index that gives each position to one of them, with or without a position; an event's documents by one that
 * tells those that are missing, too.
 */
export class FewerIndexes1767225604700 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('drop index event_of_practice');
    await runner.query('drop index event_position');
    await runner.query('create unique index event_position on event (owner, uuid, position)');
    await runner.query('drop index document_missing');
    await runner.query('drop index document_of_event');
    await runner.query('create index document_of_event on document (author, event_id, status)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index document_of_event');
    await runner.query('create index document_of_event on document (author, event_id)');
    await runner.query(
      `create index document_missing on document (author, event_id) where status <> 'complete'`,
    );
    await runner.query('drop index event_position');
    await runner.query(
      'create unique index event_position on event (owner, uuid, position) where position is not null',
    );
    await runner.query('create index event_of_practice on event (owner, uuid, author, number)');
  }
}
