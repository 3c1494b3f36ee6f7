import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may write alone (relay, log), until when by the database's clock, and in which epoch. */
export class CreateLease1767225600003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table lease (
        name text primary key,
        holder text not null,
        epoch bigint not null,
        expires_at timestamptz not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table lease');
  }
}
