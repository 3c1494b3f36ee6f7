import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

import { freshDatabase } from '#testing';

import { CommitBell, type BellListener } from './commit-bell.ts';
import { createDataSource } from './data-source.ts';
import { SHARED_MIGRATIONS } from './migrations/index.ts';
import { NotificationListener } from './notification-listener.ts';
import { UnitOfWork } from './unit-of-work.ts';

const CHANNEL = 'door';

const url = await freshDatabase();
/** Two processes of one node: each has its own connections. */
const [here, there] = await Promise.all([process('here'), process('there')]);

async function process(name: string) {
  const source = await createDataSource({ url, name, migrations: SHARED_MIGRATIONS });
  return { source, work: new UnitOfWork(source), bell: CommitBell.of(source, CHANNEL) };
}

let rings = { here: 0, there: 0 };
let listeners: BellListener[] = [];

beforeEach(async () => {
  listeners = [
    here.bell.listener(url, () => (rings.here += 1)),
    there.bell.listener(url, () => (rings.there += 1)),
  ];
  await Promise.all(listeners.map((listener) => listener.open()));
  // Each connect rings once.
  rings = { here: 0, there: 0 };
});
afterEach(() => Promise.all(listeners.map((listener) => listener.close())));
afterAll(() => Promise.all([here.source.destroy(), there.source.destroy()]));

const ring = (): Promise<void> =>
  here.work.run(async (tx) => {
    const before = rings.here;
    here.bell.ringAfter(tx);
    await tx.query('select 1');
    expect(rings.here).toBe(before);
  });

describe('a bell', () => {
  it('rings in its process with the commit, and in another of the node soon after', async () => {
    await ring();
    expect(rings.here).toBe(1);
    await expect.poll(() => rings.there).toBe(1);
    expect(rings.here).toBe(1);
  });

  it('does not ring for what is rolled back', async () => {
    const failed = here.work.run((tx) => {
      here.bell.ringAfter(tx);
      return Promise.reject(new Error('no'));
    });
    await expect(failed).rejects.toThrow('no');
    expect(rings.here).toBe(0);
    // The other process has heard of nothing before what came next.
    await ring();
    await expect.poll(() => rings.there).toBe(1);
  });

  it('tells others of many commits with few notifications', async () => {
    const tellers: string[] = [];
    const watch = new NotificationListener(url, CHANNEL, (teller) => tellers.push(teller));
    await watch.open();
    tellers.length = 0;
    let committed = 0;
    while (tellers.length < 3) {
      await ring();
      committed += 1;
    }
    expect(rings.here).toBe(committed);
    expect(committed).toBeGreaterThan(2 * tellers.length);
    await watch.close();
  });

  it('rings nobody who has stopped to listen', async () => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await ring();
    expect(rings).toEqual({ here: 0, there: 0 });
  });
});
