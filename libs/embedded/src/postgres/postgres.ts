import pg from 'pg';
import { HubError } from '#errors';

/** A PostgreSQL server that answers. */
export interface RunningPostgres {
  readonly kind: 'external' | 'embedded';
  /** URL of the administrator's own database. */
  readonly adminUrl: string;
  /** Of the server's process; null when this network did not start it. */
  readonly pid: number | null;
  readonly logFile: string | null;
  /** The URL of that database, created when it is not there. */
  ensureDatabase(name: string): Promise<string>;
  /** Ends the server if this network started it. The data stays. */
  stop(): Promise<void>;
}

/** SQLSTATE duplicate_database, and unique_violation: what two creators at the same moment get. */
const ALREADY_THERE = new Set(['42P04', '23505']);

/** The URL of database `name` on the server of `adminUrl`; creates it when it is not there. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<string> {
  await withClient(adminUrl, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount !== 0) return;
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`).catch((error: unknown) => {
      if (!(error instanceof pg.DatabaseError && ALREADY_THERE.has(error.code ?? ''))) throw error;
    });
  });
  const url = new URL(adminUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/**
 * Checks that the server of `DATABASE_URL` can carry a network: it answers, and its user may create databases.
 *
 * @throws HubError `POSTGRES_UNAVAILABLE` saying what is missing
 */
export async function checkServer(url: string): Promise<void> {
  let mayCreate: boolean;
  try {
    mayCreate = await withClient(url, async (client) => {
      const { rows } = await client.query<{ ok: boolean }>(
        'SELECT rolcreatedb OR rolsuper AS ok FROM pg_roles WHERE rolname = current_user',
      );
      return rows[0]?.ok === true;
    });
  } catch (cause) {
    throw new HubError('POSTGRES_UNAVAILABLE', 'the server of DATABASE_URL does not answer', { cause });
  }
  if (!mayCreate) throw new HubError('POSTGRES_UNAVAILABLE', 'the user of DATABASE_URL lacks CREATEDB');
}

/** True once the server takes connections. */
export async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, async (client) => await client.query('SELECT 1'));
    return true;
  } catch {
    return false;
  }
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
