import type { Tx } from '../unit-of-work.ts';
import { partitionName, periodOf, periodsFrom, type PartitionPlan } from './partition-plan.ts';

/** Two instances of a node keep one table's partitions one after the other. */
const PARTITION_LOCK = 7_220_104;
/** Who reads or writes the table comes first: what cannot be locked soon is left for the next time, milliseconds. */
const LOCK_WITHIN_MS = 2_000;

/**
 * Makes the partitions that rows of now and soon will need. What has gathered in the default partition meanwhile moves
 * to where it belongs. Doing it again changes nothing.
 * @returns how many were made
 */
export async function ensurePartitions(tx: Tx, plan: PartitionPlan, now: Date): Promise<number> {
  await lock(tx);
  const known = new Set(await partitionsOf(tx, plan.table));
  const missing = periodsFrom(now, plan).filter((period) => !known.has(partitionName(plan, period)));
  for (const period of missing) {
    const { table, column } = plan;
    const name = partitionName(plan, period);
    const [from, to] = [period.from.toISOString(), period.to.toISOString()];
    // Attached rather than created in place: who writes to the table meanwhile is not kept waiting.
    await tx.query(
      `create table ${name} (like ${table} including defaults including constraints including storage)`,
    );
    await tx.query(
      `with moved as (delete from ${table}_default where ${column} >= '${from}' and ${column} < '${to}' returning *)
       insert into ${name} select * from moved`,
    );
    await tx.query(`alter table ${table} attach partition ${name} for values from ('${from}') to ('${to}')`);
  }
  return missing.length;
}

export interface PruneOptions {
  /** What is older goes, by whole partitions. */
  readonly before: Date;
  /** A condition on rows for whose sake a partition stays, e.g. `sent_at is null`. */
  readonly unless?: string;
  /** Told of each partition right before it goes, in the same transaction. */
  readonly onDrop?: (tx: Tx, partition: string) => Promise<void>;
}

/**
 * Drops the partitions that end before a moment, and deletes what is as old in the default one.
 * @returns the names of those dropped
 */
export async function prunePartitions(
  tx: Tx,
  plan: PartitionPlan,
  { before, unless, onDrop }: PruneOptions,
): Promise<string[]> {
  await lock(tx);
  const { table, column, every } = plan;
  const dropped: string[] = [];
  for (const name of await partitionsOf(tx, table)) {
    const period = periodOf(name, every);
    if (period === null || period.to > before) continue;
    if (unless !== undefined) {
      const kept = await tx.query(`select 1 as kept from ${name} where ${unless} limit 1`);
      if (kept.length > 0) continue;
    }
    await onDrop?.(tx, name);
    await tx.query(`drop table ${name}`);
    dropped.push(name);
  }
  const condition = unless === undefined ? '' : `and not (${unless})`;
  await tx.query(`delete from ${table}_default where ${column} < $1 ${condition}`, [before]);
  return dropped;
}

async function lock(tx: Tx): Promise<void> {
  await tx.query(`select set_config('lock_timeout', $2, true), pg_advisory_xact_lock($1)`, [
    PARTITION_LOCK,
    String(LOCK_WITHIN_MS),
  ]);
}

/** Names of a table's partitions, oldest first. */
async function partitionsOf(tx: Tx, table: string): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass order by c.relname`,
    [table],
  );
  return rows.map(({ name }) => name);
}
