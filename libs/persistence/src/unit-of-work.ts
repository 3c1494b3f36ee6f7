import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

import { HubError } from '#errors';
import { crashPoint, isCrashOrdered } from '#platform';

import { databaseError, isConflict } from './database-error.ts';

/** How often a transaction that lost against another one is run again before the caller hears of it. */
const MAX_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 5;

type IsolationLevel = 'READ COMMITTED' | 'REPEATABLE READ';

/** One open transaction. It must not be used after the work that received it has ended. */
export interface Tx {
  readonly manager: EntityManager;
  /**
   * Runs one statement in this transaction and gives its rows (those of `returning` for a write).
   * Numbers of 64 bits come as text, `bytea` as Buffer, `timestamptz` as Date.
   */
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction as the room's helpers and the tests see it. */
class OpenTx implements Tx {
  readonly #runner: QueryRunner;

  constructor(runner: QueryRunner) {
    this.#runner = runner;
  }

  get manager(): EntityManager {
    return this.#runner.manager;
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.#runner.query(sql, [...params], true);
    return result.records as Row[];
  }
}

/** Runs work in one transaction: everything it writes commits together or not at all. */
export class UnitOfWork {
  readonly #source: DataSource;

  constructor(source: DataSource) {
    this.#source = source;
  }

  /**
   * Runs `work` in a transaction (READ COMMITTED) and commits. The work may run more than once: on a deadlock or a
   * serialization failure it is rolled back and run again, so it must have no effect outside the transaction.
   * A connection lost during commit leaves open whether it was committed: work that matters is idempotent.
   * @throws HubError `TRANSACTION_CONFLICT` after the last attempt, `DATABASE_UNAVAILABLE` if the database is away
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#untilUncontested(() => this.#once(work, 'READ COMMITTED'));
  }

  /**
   * Runs several reads over one state of the database (REPEATABLE READ, read only): what commits between two of them is
   * in neither. An answer put together from several tables is of one moment only this way.
   * @throws HubError as `run`
   */
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#untilUncontested(() =>
      this.#once(async (tx) => {
        await tx.query('set transaction read only');
        return await work(tx);
      }, 'REPEATABLE READ'),
    );
  }

  async #untilUncontested<T>(once: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once();
      } catch (error) {
        if (!isConflict(error)) throw databaseError(error);
        if (attempt >= MAX_ATTEMPTS) {
          throw new HubError('TRANSACTION_CONFLICT', `gave up after ${attempt} attempts`, { cause: error });
        }
        // Those who met draw lots for who comes back first.
        await pause(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  }

  async #once<T>(work: (tx: Tx) => Promise<T>, isolation: IsolationLevel): Promise<T> {
    const runner = this.#source.createQueryRunner();
    try {
      await runner.startTransaction(isolation);
      try {
        const result = await work(new OpenTx(runner));
        await commit(runner);
        return result;
      } catch (error) {
        await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    } finally {
      await runner.release();
    }
  }
}

/** Commits. Of transactions that have written something, the commit is a place where a fault test can end the process. */
async function commit(runner: QueryRunner): Promise<void> {
  const isPlace = isCrashOrdered('before-commit', 'after-commit') && (await hasWritten(runner));
  if (isPlace) crashPoint('before-commit');
  await runner.commitTransaction();
  if (isPlace) crashPoint('after-commit');
}

async function hasWritten(runner: QueryRunner): Promise<boolean> {
  const rows = (await runner.query('select pg_current_xact_id_if_assigned() is not null as written')) as {
    readonly written: boolean;
  }[];
  return rows[0]?.written === true;
}
