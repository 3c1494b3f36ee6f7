/** Apart from the log over it: processes that specs start have no test run to take a database from. */
import { createDataSource } from '#persistence';
import { migratedDatabase } from '#testing';
import { LOG_MIGRATIONS } from './log-database.fixture.ts';

/** A database for a log, with nothing in it. */
export function logDatabase(): Promise<string> {
  return migratedDatabase('auditor', async (url) => {
    await (await createDataSource({ url, name: 'auditor', migrations: LOG_MIGRATIONS })).destroy();
  });
}
