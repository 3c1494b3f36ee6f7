import pg from 'pg';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parseIpaCode } from '#contracts';
import { copyDatabase, freshDatabase } from '#testing';
import { call, TestRegistry } from '../registry.fixture.ts';
import type { RunningRegistry } from '../start-registry.ts';

const WAIT_MS = 20_000;
const C_D150 = parseIpaCode('c_d150');

const test = await TestRegistry.create(freshDatabase);
let areas = 0;

/** Publishes an entry whose content nobody has seen before. */
async function publish({ registry: { ledger } }: Pick<RunningRegistry, 'registry'>): Promise<number> {
  areas += 1;
  const code = `area-${areas}`;
  const [entry] = await ledger.publish(() => [{ kind: 'area.published', code, bodies: [C_D150] }]);
  return entry?.number ?? 0;
}

/** The registry's entries as the topic has them, once it has that many. */
async function entriesOnTopic(count: number): Promise<Buffer[]> {
  return await vi.waitFor(
    async () => {
      const entries = await test.published('entry');
      expect(entries).toHaveLength(count);
      return entries;
    },
    { timeout: WAIT_MS, interval: 300 },
  );
}

async function checksOf(running: RunningRegistry): Promise<unknown> {
  return (await call(running, '/health', { authorization: '' })).json;
}

async function expectRefusal(running: RunningRegistry, code: string): Promise<void> {
  expect(await call(running, '/v1/reconcile', { method: 'POST' })).toMatchObject({
    status: 503,
    json: { code },
  });
  expect(await checksOf(running)).toMatchObject({
    status: 'degraded',
    checks: { recovery: { status: 'degraded', detail: `refuses to write: ${code}` } },
  });
}

describe('a registry whose database was put back to an older copy', () => {
  let older: string;
  let published: Buffer[];

  beforeAll(async () => {
    const first = await test.start();
    await entriesOnTopic(await publish(first));
    await first.close();
    older = await copyDatabase(test.databaseUrl);
    const second = await test.start();
    await publish(second);
    published = await entriesOnTopic(await publish(second));
    await second.close();
  });

  it('writes nothing more if the topic contradicts its database', async () => {
    test.databaseUrl = await copyDatabase(older);
    const unchecked = await test.open();
    await publish({ registry: unchecked });
    await unchecked.close();
    const forked = await test.start();
    await expectRefusal(forked, 'REGISTRY_STATE_CONTRADICTED');
    await forked.close();
    expect(await test.published('entry')).toEqual(published);
  });

  it('writes nothing if the topic does not reach as far as it had, or lacks an entry', async () => {
    // The second mark says that the first of the two entries is known, and it is not.
    for (const beyond of [1_000, 2]) {
      test.databaseUrl = await copyDatabase(older);
      await inDatabase(`update published_mark set next_offset = next_offset + ${beyond}`);
      const refusing = await test.start();
      await expectRefusal(refusing, 'REGISTRY_STATE_INCOMPLETE');
      await refusing.close();
    }
    expect(await test.published('entry')).toEqual(published);
  });

  it('adopts the entries that it had published, byte for byte, and goes on behind them: nodes follow it', async () => {
    await test.setMembers({ c_d150: 'https://localhost:7001' });
    const before = await test.view();
    test.databaseUrl = await copyDatabase(older);
    const restored = await test.start();
    const stored = await restored.registry.ledger.entries(0, 1_000);
    expect(stored.slice(0, published.length).map(({ bytes }) => bytes)).toEqual(published);
    // What the catalogue has changed in the meantime comes behind what was adopted, not in its place.
    expect(restored.registry.ledger.head().number).toBe(published.length + 1);
    const next = await publish(restored);
    for (const view of [before, await test.view()]) {
      expect(await view.waitFor(next, WAIT_MS)).toBe(true);
      expect(view.status()).toMatchObject({ alarm: null, head: restored.registry.ledger.head() });
    }
    await entriesOnTopic(next);
    await restored.close();
  });

  it('takes the whole chain from the topic when its database is gone, whatever else is written there', async () => {
    const entries = await test.published('entry');
    const [first = Buffer.alloc(0)] = entries;
    await test.send(Buffer.from('noise'), Buffer.concat([first, Buffer.from(' ')]));
    test.databaseUrl = await freshDatabase();
    const restored = await test.start();
    const stored = await restored.registry.ledger.entries(0, 1_000);
    expect(stored.map(({ bytes }) => bytes)).toEqual(entries);
    expect(await publish(restored)).toBe(entries.length + 1);
    await restored.close();
  });
});

async function inDatabase(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  await client.query(statement);
  await client.end();
}
