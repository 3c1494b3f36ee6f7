import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { startGuardian, type Guardian } from './guardian/guardian.ts';
import { openClient, withAdmin } from './kafka/connection.ts';
import { startKafka } from './kafka/start-kafka.ts';
import { ensureNetworkPki } from './pki/network-pki.ts';
import { startPostgres } from './postgres/start-postgres.ts';
import { identify } from './process/identity.ts';
import { freePort } from './process/ports.ts';
import { provisionTopics } from './provision.ts';

const HOLDERS = [{ holder: 'c_d150', role: 'authority' as const }];

/** One home for all: making a database cluster takes longer than what is done with it. Each leaves it stopped. */
let home: string;
let guardian: Guardian;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'life-'));
  guardian = await startGuardian();
});
afterAll(async () => {
  await guardian.stop();
  await rm(home, { recursive: true, force: true });
});

/** SIGKILL, and the wait until the system has taken the process away. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => identify(pid), { timeout: 5_000 }).toBeUndefined();
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

// Over a clean stop test/start sees to it: that network goes on where its guardian has stopped it.
it('keeps topics, records and permissions over SIGKILL of the broker', async () => {
  const pki = await ensureNetworkPki({ dir: join(home, 'pki'), holders: HOLDERS });
  const first = await startKafka({ home, pki, guardian, shortLived: true });
  const principals = [
    { holder: 'c_d150', role: 'authority', principal: first.principals['c_d150']! } as const,
  ];
  await provisionTopics(first.admin, { members: ['c_d150'], principals });
  const producer = openClient(first.connectionFor('c_d150'), 'test').producer();
  await producer.connect();
  await producer.send({ topic: 'practice.outbox.c_d150', messages: [{ value: 'one' }, { value: 'two' }] });
  await producer.disconnect();
  // A container's has no process here.
  if (first.pid === null) await first.stop();
  else await kill(first.pid);
  const second = await startKafka({ home, pki, guardian, shortLived: true });
  expect(second.brokers).toEqual(first.brokers);
  const offsets = await withAdmin(
    second.connectionFor('c_d150'),
    async (client) => await client.fetchTopicOffsets('practice.outbox.c_d150'),
  );
  expect(offsets).toMatchObject([{ low: '0', high: '2' }]);
  await second.stop();
}, 90_000);

it('keeps databases over a clean stop and over SIGKILL of the server, at the same address', async () => {
  const first = await startPostgres({ home, guardian });
  const url = await first.ensureDatabase('router');
  expect(await first.ensureDatabase('router')).toBe(url);
  await query(url, 'CREATE TABLE kept AS SELECT 1 AS it');
  await first.stop();

  const second = await startPostgres({ home, guardian });
  expect(second.adminUrl).toBe(first.adminUrl);
  await query(url, 'INSERT INTO kept VALUES (2)');
  await kill(second.pid!);
  const third = await startPostgres({ home, guardian });
  expect(await query(url, 'SELECT it FROM kept ORDER BY it')).toEqual([{ it: 1 }, { it: 2 }]);
  expect(await query(url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
  await third.stop();
  expect(identify(third.pid!)).toBeUndefined();
});

it('refuses a second network in a folder that is in use, and leaves the first alone', async () => {
  const running = await startPostgres({ home, guardian });
  await expect(startPostgres({ home, guardian })).rejects.toMatchObject({ code: 'HOME_IN_USE' });
  expect(await query(running.adminUrl, 'SELECT 1 AS it')).toEqual([{ it: 1 }]);
  await running.stop();
});

it('takes the server of DATABASE_URL, if its user may create databases', async () => {
  const running = await startPostgres({ home, guardian });
  await query(
    running.adminUrl,
    "CREATE ROLE may CREATEDB LOGIN PASSWORD 'x'; CREATE ROLE may_not LOGIN PASSWORD 'x'",
  );
  const as = (user: string): NodeJS.ProcessEnv => {
    const url = new URL(running.adminUrl);
    url.username = user;
    url.password = 'x';
    return { DATABASE_URL: url.href };
  };
  const external = await startPostgres({ home, env: as('may') });
  expect(external.kind).toBe('external');
  const name = await query(await external.ensureDatabase('node_x'), 'SELECT current_database() AS it');
  expect(name).toEqual([{ it: 'node_x' }]);
  await external.stop();
  await expect(startPostgres({ home, env: as('may_not') })).rejects.toMatchObject({
    code: 'POSTGRES_UNAVAILABLE',
    message: expect.stringContaining('CREATEDB') as string,
  });
  await running.stop();
  await expect(startPostgres({ home, env: as('may') })).rejects.toMatchObject({
    code: 'POSTGRES_UNAVAILABLE',
  });
});

it('takes another port when its own has been taken', async () => {
  const first = await startPostgres({ home, guardian, port: await freePort() });
  await first.stop();
  const squatter = createServer();
  const port = Number(new URL(first.adminUrl).port);
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
  const second = await startPostgres({ home, guardian });
  expect(new URL(second.adminUrl).port).not.toBe(String(port));
  await second.stop();
  await new Promise((resolve) => squatter.close(resolve));
});
