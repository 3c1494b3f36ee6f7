import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Two more kinds of leaves, both about no practice: changes of the registry, and accesses that a node has anchored. Of a
 * number the registry has one entry, whoever has signed it.
 */
export class LogRegistryAndAccesses1767225605200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await replaceChecks(runner, ['event', 'decision', 'receipt', 'action', 'registry', 'access']);
    await runner.query(
      `create unique index log_entry_registry on log_entry (event_id) where kind = 'registry'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const [placed] = (await runner.query(
      `select 1 as found from log_entry where kind in ('registry', 'access') limit 1`,
    )) as readonly unknown[];
    // A leaf that has its place is part of every checkpoint since: it cannot be taken out.
    if (placed !== undefined) throw new Error('the log has leaves of the registry or of accesses');
    await runner.query('drop index log_entry_registry');
    await replaceChecks(runner, ['event', 'decision', 'receipt', 'action']);
  }
}

async function replaceChecks(runner: QueryRunner, kinds: readonly string[]): Promise<void> {
  const list = (of: readonly string[]): string => of.map((kind) => `'${kind}'`).join(', ');
  const alone = kinds.filter((kind) => ['action', 'registry', 'access'].includes(kind));
  await runner.query('alter table log_entry drop constraint log_entry_practice');
  await runner.query('alter table log_entry drop constraint log_entry_kind_check');
  await runner.query(
    `alter table log_entry add constraint log_entry_kind_check check (kind in (${list(kinds)}))`,
  );
  await runner.query(
    `alter table log_entry add constraint log_entry_practice
       check (kind in (${list(alone)}) or (owner is not null and uuid is not null))`,
  );
}
