import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The newest events of an author: what a restored node asks for. */
export class CreateAuthorIndex1767225603503 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index log_entry_author on log_entry (lower(author), index desc) where kind = 'event' and index is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index log_entry_author');
  }
}
