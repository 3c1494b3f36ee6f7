import pg from 'pg';
import {
  isRunning,
  identify,
  startPostgres,
  type Guardian,
  type ProcessIdentity,
  type RunningPostgres,
} from '#embedded';
import { until } from '../../support/until.ts';
import { lastingPort } from './ports.ts';

const BACK_WITHIN_MS = 60_000;
const FREE_WITHIN_MS = 20_000;

/** The one database server of the network, real and durable, which can be killed and started again. */
export class FaultPostgres {
  readonly identities: ProcessIdentity[] = [];
  readonly #home: string;
  readonly #guardian: Guardian;
  #server: RunningPostgres;

  private constructor(home: string, guardian: Guardian, server: RunningPostgres) {
    this.#home = home;
    this.#guardian = guardian;
    this.#server = server;
    this.#note();
  }

  static async start(home: string, guardian: Guardian): Promise<FaultPostgres> {
    const port = await lastingPort();
    return new FaultPostgres(home, guardian, await startPostgres({ home, guardian, port, env: {} }));
  }

  get adminUrl(): string {
    return this.#server.adminUrl;
  }

  async ensureDatabase(name: string): Promise<string> {
    return await this.#server.ensureDatabase(name);
  }

  /** `kill -9` of the server, and its recovery from the log of writes. */
  async crash(): Promise<void> {
    const last = this.identities.at(-1);
    if (last === undefined || !isRunning(last)) throw new Error('PostgreSQL does not run');
    process.kill(last.pid, 'SIGKILL');
    this.#guardian.release(last.pid);
    // Its sessions notice, and let go of the memory that they share, in their own time.
    this.#server = await until('PostgreSQL is back', BACK_WITHIN_MS, () =>
      startPostgres({ home: this.#home, guardian: this.#guardian, env: {} }),
    );
    this.#note();
  }

  /** Copies a database that nobody is connected to, or replaces it by its copy; another fault may kill the server meanwhile. */
  async copy(from: string, to: string): Promise<void> {
    await until(`nobody is connected to ${from}`, FREE_WITHIN_MS, async () => {
      await this.#copyOnce(from, to);
      return true;
    });
  }

  async #copyOnce(from: string, to: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.adminUrl });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(`drop database if exists ${client.escapeIdentifier(to)} with (force)`);
      await client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
        [from],
      );
      await client.query(
        `create database ${client.escapeIdentifier(to)} template ${client.escapeIdentifier(from)}`,
      );
      // As docs/restore.md asks: a server killed before its next checkpoint would give numbers of sequences again.
      await client.query('checkpoint');
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  #note(): void {
    const identity = identify(this.#server.pid ?? 0);
    if (identity !== undefined) this.identities.push(identity);
  }
}
