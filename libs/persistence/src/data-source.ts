import { DataSource, type EntitySchema, type MigrationInterface } from 'typeorm';

import { HubError } from '#errors';

import { databaseError } from './database-error.ts';
import { PooledClient } from './pooled-client.ts';

/** Connections a process holds by default: a network of a dozen processes shares one server. */
export const DEFAULT_POOL_SIZE = 5;
/** Nothing in the hot path takes a second; a statement that takes this long holds back every cursor of the feed. */
export const DEFAULT_STATEMENT_TIMEOUT_MS = 30_000;
/** A process that was stopped within a transaction keeps its locks from another instance for so long at most. */
const IDLE_IN_TRANSACTION_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Key of the advisory lock under which processes of one database bring its schema up to date, one after the other. */
const MIGRATION_LOCK = 7_220_103;

type EntityClass = abstract new (...args: never[]) => unknown;
/** A TypeORM migration class; its name must end in the 13-digit time stamp by which TypeORM orders migrations. */
export type MigrationClass = new () => MigrationInterface;

export interface DataSourceSettings {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Shown by `pg_stat_activity`, e.g. `authority c_d150`. */
  readonly name: string;
  /** The node's migrations, with the shared ones it needs (`SHARED_MIGRATIONS`). */
  readonly migrations: readonly MigrationClass[];
  readonly entities?: readonly (EntityClass | EntitySchema)[];
  readonly poolSize?: number;
  readonly statementTimeoutMs?: number;
}

/**
 * Connects and brings the schema up to date: pending migrations run in one transaction, one process at a time.
 * `synchronize` is never used. Call `destroy()` on the result to disconnect.
 * @throws HubError `DATABASE_UNAVAILABLE` if the server cannot be reached, `MIGRATION_FAILED` if a migration fails
 */
export async function createDataSource(settings: DataSourceSettings): Promise<DataSource> {
  const timeout = settings.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS;
  const source = new DataSource({
    type: 'postgres',
    url: settings.url,
    applicationName: settings.name.slice(0, 63),
    migrations: [...settings.migrations],
    entities: [...(settings.entities ?? [])],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'all',
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    // TypeORM's other loggers print failed migrations whatever `logging` says; the error carries them.
    logging: false,
    logger: 'debug',
    poolSize: settings.poolSize ?? DEFAULT_POOL_SIZE,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    // A connection that the server closes while idle is replaced by the pool; the next query reports what is wrong.
    poolErrorHandler: () => undefined,
    // pg's `binary: true` corrupts bytes from 0x80 on: results stay textual.
    extra: {
      Client: PooledClient,
      // Statements that nobody waits for leave together (`Tx.write`).
      pipeline: true,
      statement_timeout: timeout,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      // Whatever the server's own default is: the unit of work counts on it.
      options: '-c default_transaction_isolation=read\\ committed',
    },
  });
  try {
    await source.initialize();
  } catch (cause) {
    throw databaseError(cause);
  }
  try {
    await migrate(source);
    return source;
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

async function migrate(source: DataSource): Promise<void> {
  const guard = source.createQueryRunner();
  try {
    // Waiting for another process's migrations is not a slow statement.
    await guard.query('set statement_timeout = 0');
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await source.runMigrations({ transaction: 'all' });
    } finally {
      await guard.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await guard.query('reset statement_timeout');
    }
  } catch (cause) {
    const error = databaseError(cause);
    if (error instanceof HubError) throw error;
    throw new HubError('MIGRATION_FAILED', `a migration failed: ${error.message}`, { cause });
  } finally {
    await guard.release();
  }
}
