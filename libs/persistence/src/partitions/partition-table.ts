import type { QueryRunner } from 'typeorm';

import type { PartitionPlan } from './partition-plan.ts';

/**
 * Turns a table into a partitioned one with the same columns, constraints and rows, in a migration. Its primary key
 * becomes `(<key>, <column>)`: a partitioned table has no other; indexes are made anew by the caller.
 * @param identity its column `generated always as identity`
 * @param columnFrom how rows that are there get the partition's column, where the table did not have it
 */
export async function partitionTable(
  runner: QueryRunner,
  { table, column }: Pick<PartitionPlan, 'table' | 'column'>,
  { identity, columnFrom }: { readonly identity: string; readonly columnFrom?: string },
): Promise<void> {
  const before = `${table}_before`;
  await runner.query(`alter table ${table} rename to ${before}`);
  const added = columnFrom === undefined ? '' : `, ${column} timestamptz not null default now()`;
  await runner.query(
    `create table ${table} (
       like ${before} including defaults including constraints including identity including storage${added}
     ) partition by range (${column})`,
  );
  await runner.query(`create table ${table}_default partition of ${table} default`);
  const from = columnFrom === undefined ? '' : `, b.${columnFrom}`;
  await runner.query(
    `insert into ${table} overriding system value select b.*${from} from ${before} b order by b.${identity}`,
  );
  await runner.query(
    `select setval(pg_get_serial_sequence('${table}', '${identity}'), max(${identity})) from ${before} having count(*) > 0`,
  );
  await runner.query(`drop table ${before}`);
  await runner.query(`alter table ${table} add primary key (${identity}, ${column})`);
}
