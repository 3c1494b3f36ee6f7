/** The tables of baseline A; each process has a database of its own, as the hub's nodes have. */
import pg from 'pg';

export const AUTHOR_TABLES = [
  'create table if not exists cui_counter (year integer primary key, last integer not null)',
  `create table if not exists practice (uuid uuid primary key, cui text not null, procedure text not null,
     filed_at timestamptz not null, position integer not null default 0)`,
  `create table if not exists event (id uuid primary key, practice uuid not null, xml text not null,
     decision text, position integer)`,
  `create table if not exists receipt (event_id uuid not null, by text not null, xml text not null, primary key (event_id, by))`,
];
export const ROUTER_TABLES = [
  'create table if not exists practice (uuid uuid primary key, position integer not null)',
  `create table if not exists seen (author text not null, event_id uuid not null, digest text not null,
     primary key (author, event_id))`,
  'create table if not exists decision (event_id uuid primary key, xml text not null)',
];
export const RECIPIENT_TABLES = [
  `create table if not exists seen (author text not null, event_id uuid not null, digest text not null,
     primary key (author, event_id))`,
  `create table if not exists practice (uuid uuid primary key, cui text not null, position integer not null, state jsonb not null)`,
  `create table if not exists event (id uuid primary key, practice uuid not null, xml text not null,
     decision text not null, position integer not null)`,
  'create table if not exists document (id uuid primary key, event_id uuid not null, role text not null, digest text not null)',
  'create table if not exists feed (id bigint generated always as identity primary key, event_id uuid not null)',
  'create table if not exists receipt (event_id uuid primary key, xml text not null)',
];
export const AUDITOR_TABLES = [
  `create table if not exists leaf (index bigint generated always as identity primary key, hash text not null unique,
     bytes text not null)`,
];

const CONNECTIONS = 5;

export async function openPool(url: string, tables: readonly string[]): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  pool.on('error', () => undefined);
  for (const table of tables) await pool.query(table);
  return pool;
}

/** One transaction. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
