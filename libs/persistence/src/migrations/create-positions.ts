import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How far this database knows the topics: of what it has read, and of what its node has written. Restored from a copy,
 * it knows less than the brokers do, and that is how a node finds out.
 */
export class CreatePositions1767225603500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Next offset to read, written after the effects of everything before it.
    await runner.query(`
      create table stream_position (
        group_name text not null,
        topic text not null,
        partition integer not null,
        next_offset bigint not null check (next_offset >= 0),
        primary key (group_name, topic, partition)
      )`);
    // Everything of this node's before this offset has its row here.
    await runner.query(`
      create table published_mark (
        topic text not null,
        partition integer not null,
        next_offset bigint not null check (next_offset >= 0),
        primary key (topic, partition)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table published_mark');
    await runner.query('drop table stream_position');
  }
}
