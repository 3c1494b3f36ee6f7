import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import type { KafkaConnection } from '#embedded';
import type {} from './global-setup.ts';

/** The connection of that holder (`registry`, `router-1`, `auditor`, `c_d150`, `p_cr`, `c_d142`, `c_b898`). */
export function kafkaFor(holder: string): KafkaConnection {
  const connection = inject('kafka').connections[holder];
  if (connection === undefined) throw new Error(`the test network has no holder ${holder}`);
  return connection;
}

/** A new, empty database for this test file, dropped when it has run. Call it at the file's top level or in a hook. */
export async function freshDatabase(): Promise<string> {
  return await createDatabase('template1');
}

async function createDatabase(template: string): Promise<string> {
  const { adminUrl, copying } = inject('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY ${copying}`);
  afterAll(async () => {
    await asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  return urlOf(adminUrl, name);
}

function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

const templates = new Map<string, Promise<string>>();

/**
 * A new database for this test file, with a schema that is brought up to date once for each worker and copied from then
 * on.
 * @param migrate brings the schema of an empty database up to date, and leaves it
 */
export async function migratedDatabase(
  name: string,
  migrate: (url: string) => Promise<unknown>,
): Promise<string> {
  const template = templates.get(name) ?? makeTemplate(migrate);
  templates.set(name, template);
  return await createDatabase(await template);
}

async function makeTemplate(migrate: (url: string) => Promise<unknown>): Promise<string> {
  const { adminUrl } = inject('postgres');
  const name = `template_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name}`);
  await migrate(urlOf(adminUrl, name));
  return name;
}

/**
 * A copy of a database as it is now, as a restored backup would be. Whoever is connected to the original loses the
 * connection for it. The copy goes with the run's server.
 */
export async function copyDatabase(url: string): Promise<string> {
  const { adminUrl, copying } = inject('postgres');
  const [original, name] = [new URL(url).pathname.slice(1), `test_${randomUUID().replaceAll('-', '')}`];
  const deadline = performance.now() + COPY_WITHIN_MS;
  for (;;) {
    try {
      await asAdmin(
        adminUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${original}'`,
      );
      await asAdmin(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${original} STRATEGY ${copying}`);
      break;
    } catch (error) {
      // Somebody has connected again in between.
      if (performance.now() > deadline) throw error;
    }
  }
  return urlOf(adminUrl, name);
}

const COPY_WITHIN_MS = 10_000;

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
