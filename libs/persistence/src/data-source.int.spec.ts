import { describe, expect, it } from 'vitest';

import type { HubError } from '#errors';
import { freshDatabase } from '#testing';

import { createDataSource } from './data-source.ts';
import { SHARED_MIGRATIONS } from './migrations/index.ts';

class Broken1767225600999 {
  async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query('create table half_done (id int)');
    await runner.query('create table half_done (id int)');
  }
  down(): Promise<void> {
    return Promise.resolve();
  }
}

const url = await freshDatabase();

describe('createDataSource', () => {
  it('brings the schema up to date once, however many processes start at the same moment', async () => {
    const settings = { url, name: 'test', migrations: SHARED_MIGRATIONS, poolSize: 2 };
    const sources = await Promise.all([1, 2, 3].map(() => createDataSource(settings)));
    const rows: unknown = await sources[0]!.query('select count(*)::int as n from migration');
    expect(rows).toEqual([{ n: SHARED_MIGRATIONS.length }]);
    await Promise.all(sources.map((source) => source.destroy()));
  });

  it('changes nothing when a migration fails, and says so', async () => {
    const attempt = createDataSource({
      url,
      name: 'test',
      migrations: [...SHARED_MIGRATIONS, Broken1767225600999],
    });
    await expect(attempt).rejects.toMatchObject({ code: 'MIGRATION_FAILED' } satisfies Partial<HubError>);
    const source = await createDataSource({ url, name: 'test', migrations: SHARED_MIGRATIONS });
    expect(await source.query("select to_regclass('half_done') as found")).toEqual([{ found: null }]);
    await source.destroy();
  });

  it('says that the database is away when nothing listens there', async () => {
    const attempt = createDataSource({
      url: 'postgres://a:b@127.0.0.1:1/none',
      name: 'test',
      migrations: [],
    });
    await expect(attempt).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('shows its name to the server and bounds every statement', async () => {
    const source = await createDataSource({
      url,
      name: 'authority c_d150',
      migrations: [],
      statementTimeoutMs: 50,
    });
    expect(await source.query('show application_name')).toEqual([{ application_name: 'authority c_d150' }]);
    await expect(source.query('select pg_sleep(5)')).rejects.toThrow(/statement timeout/);
    await source.destroy();
  });
});
