import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';

import { HubError } from '#errors';
import { crashPoint, isCrashOrdered } from '#platform';

import { databaseError, isConflict } from './database-error.ts';

/** How often a transaction that lost against another one is run again before the caller hears of it. */
const MAX_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 5;

/**
 * Connections begin with READ COMMITTED (`createDataSource`): to say it again is a round trip for each transaction.
 */
const BEGIN = {
  write: 'start transaction',
  read: 'start transaction isolation level repeatable read read only',
  answer: 'start transaction isolation level repeatable read',
};

/**
 * One open transaction. It must not be used after the work that received it has ended. Statements run in the order in
 * which they are given, also where the one before has not been waited for: what does not depend on each other's rows
 * may be on its way together.
 */
export interface Tx {
  /** The database that it is a transaction of. */
  readonly source: DataSource;
  /**
   * Runs one statement in this transaction and gives its rows (those of `returning` for a write).
   * Numbers of 64 bits come as text, `bytea` as Buffer, `timestamptz` as Date.
   */
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /**
   * As `query`, for a statement of the hot path, whose text never changes: each connection parses and plans it once, and
   * keeps it. Planning is half of what a small batch costs the server.
   */
  prepared<Row extends object>(sql: string, params: readonly unknown[]): Promise<Row[]>;
  /** Calls `effect` once the transaction is known to be committed; never otherwise. It must not throw. */
  afterCommit(effect: () => void): void;
  /**
   * As `prepared`, for a write that gives nothing back: it is on its way, and nobody waits for it. If it fails, so does
   * the transaction, with its error.
   */
  write(sql: string, params: readonly unknown[]): void;
}

/** The connection of a transaction; it sends what it is given at once, without waiting for answers (`pipeline`). */
type Client = Pick<ClientBase, 'query'>;

/** A transaction as the room's helpers and the tests see it. */
class OpenTx implements Tx {
  readonly source: DataSource;
  readonly #client: Client;
  readonly #writes: Promise<unknown>[] = [];
  readonly #effects: (() => void)[] = [];
  #lost: { readonly error: unknown } | undefined;

  constructor(source: DataSource, client: Client) {
    this.source = source;
    this.#client = client;
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#client.query<Row>(sql, [...params]);
    return rows;
  }

  async prepared<Row extends object>(sql: string, params: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.#client.query<Row>({ name: nameOf(sql), text: sql, values: [...params] });
    return rows;
  }

  afterCommit(effect: () => void): void {
    this.#effects.push(effect);
  }

  committed(): void {
    for (const effect of this.#effects) effect();
  }

  write(sql: string, params: readonly unknown[]): void {
    this.#send(this.prepared(sql, params));
  }

  begin(statement: string): void {
    this.#send(this.query(statement));
  }

  /** Commits, unless something on its way has failed: the server makes a rollback of it then. */
  async commit(): Promise<void> {
    const ended = this.#client.query('commit');
    this.#send(ended);
    await Promise.all(this.#writes);
    const { command } = await ended;
    if (command !== 'COMMIT')
      throw new Error('a statement had failed, and the transaction went on to its commit');
  }

  async rollback(): Promise<void> {
    await this.query('rollback').catch(() => undefined);
  }

  /** Why it failed: what is asked behind a failed write is told only that it did. */
  reasonOf(error: unknown): unknown {
    return this.#lost === undefined ? error : this.#lost.error;
  }

  #send(sent: Promise<unknown>): void {
    this.#writes.push(sent);
    sent.catch((error: unknown) => {
      this.#lost ??= { error };
    });
  }
}

const NAMES = new Map<string, string>();

/** What a statement is called on every connection: the same text has the same name. */
function nameOf(sql: string): string {
  const known = NAMES.get(sql);
  if (known !== undefined) return known;
  const name = `hub_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`;
  NAMES.set(sql, name);
  return name;
}

/** Runs work in one transaction: everything it writes commits together or not at all. */
export class UnitOfWork {
  readonly #source: DataSource;

  constructor(source: DataSource) {
    this.#source = source;
  }

  /** The database that it works on. */
  get source(): DataSource {
    return this.#source;
  }

  /**
   * Runs `work` in a transaction (READ COMMITTED) and commits. The work may run more than once: on a deadlock or a
   * serialization failure it is rolled back and run again, so it must have no effect outside the transaction.
   * A connection lost during commit leaves open whether it was committed: work that matters is idempotent.
   * @throws HubError `TRANSACTION_CONFLICT` after the last attempt, `DATABASE_UNAVAILABLE` if the database is away
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#untilUncontested(() => this.#once(work, BEGIN.write));
  }

  /**
   * Runs several reads over one state of the database (REPEATABLE READ, read only): what commits between two of them is
   * in neither. An answer put together from several tables is of one moment only this way.
   * @throws HubError as `run`
   */
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#untilUncontested(() => this.#once(work, BEGIN.read));
  }

  /**
   * The same, for reads of which something is written down: that commits with the answer, or nobody is answered.
   * @throws HubError as `run`
   */
  answer<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#untilUncontested(() => this.#once(work, BEGIN.answer));
  }

  /**
   * Runs one statement, which is its own transaction: no word to the server before it and none behind it.
   * @throws HubError as `run`
   */
  single<T>(work: (tx: Pick<Tx, 'prepared'>) => Promise<T>): Promise<T> {
    return this.#untilUncontested(async () => {
      const runner = this.#source.createQueryRunner();
      try {
        return await work(onlyOne(new OpenTx(this.#source, (await runner.connect()) as Client)));
      } finally {
        await runner.release();
      }
    });
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

  async #once<T>(work: (tx: Tx) => Promise<T>, begin: string): Promise<T> {
    const runner = this.#source.createQueryRunner();
    try {
      // TypeORM has neither named statements nor several under way: this is the connection that it takes from its pool.
      const tx = new OpenTx(this.#source, (await runner.connect()) as Client);
      try {
        tx.begin(begin);
        const result = await work(tx);
        await commit(tx);
        tx.committed();
        return result;
      } catch (error) {
        await tx.rollback();
        throw tx.reasonOf(error);
      }
    } finally {
      await runner.release();
    }
  }
}

/** Refuses a second statement: it would not be in the transaction of the first. */
function onlyOne(tx: OpenTx): Pick<Tx, 'prepared'> {
  let asked = false;
  return {
    prepared: async (sql, params) => {
      if (asked) throw new RangeError('one statement, not two: use run');
      asked = true;
      return await tx.prepared(sql, params);
    },
  };
}

/** Commits. Of transactions that have written something, the commit is a place where a fault test can end the process. */
async function commit(tx: OpenTx): Promise<void> {
  const isPlace = isCrashOrdered('before-commit', 'after-commit') && (await hasWritten(tx));
  if (isPlace) crashPoint('before-commit');
  await tx.commit();
  if (isPlace) crashPoint('after-commit');
}

async function hasWritten(tx: Tx): Promise<boolean> {
  const [row] = await tx.query<{ written: boolean }>(
    'select pg_current_xact_id_if_assigned() is not null as written',
  );
  return row?.written === true;
}
