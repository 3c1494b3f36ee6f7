import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { freshDatabase } from '#testing';

import { createDataSource } from './data-source.ts';
import { Lease } from './lease.ts';
import { SHARED_MIGRATIONS } from './migrations/index.ts';
import { UnitOfWork } from './unit-of-work.ts';

const source = await createDataSource({
  url: await freshDatabase(),
  name: 'test',
  migrations: SHARED_MIGRATIONS,
});
const work = new UnitOfWork(source);
const opened: Lease[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((lease) => lease.release()));
});
afterAll(() => source.destroy());

function aLease(name: string, ttlMs = 6_000): Lease {
  const lease = new Lease(work, { name, holder: randomUUID(), ttlMs });
  opened.push(lease);
  return lease;
}

/** As if its holder had been stopped for longer than it lasts. */
const expire = (name: string): Promise<unknown> =>
  source.query("update lease set expires_at = now() - interval '1 second' where name = $1", [name]);

const write = (lease: Lease): Promise<string> =>
  work.run(async (tx) => {
    await lease.fenced(tx);
    return 'written';
  });

describe('Lease', () => {
  it('is held by one of many who ask at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => aLease('race').acquire()));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  it('keeps a holder of the past from writing anything', async () => {
    const first = aLease('epoch');
    const second = aLease('epoch');
    expect(await first.acquire()).toBe(true);
    expect(await write(first)).toBe('written');
    await expire('epoch');
    expect(await second.acquire()).toBe(true);
    await expect(write(first)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(first.held).toBe(false);
    expect(await write(second)).toBe('written');
    expect(BigInt(second.epoch!)).toBe(2n);
  });

  it('cannot be taken over while a guarded transaction is open', async () => {
    const first = aLease('open');
    const second = aLease('open');
    await first.acquire();
    await expire('open');
    const guarded = Promise.withResolvers<undefined>();
    const finish = Promise.withResolvers<undefined>();
    const order: string[] = [];
    const writing = work.run(async (tx) => {
      await first.fenced(tx);
      guarded.resolve(undefined);
      await finish.promise;
      order.push('first wrote');
    });
    await guarded.promise;
    const takingOver = second.acquire().then(() => order.push('second holds'));
    const blocked =
      "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and query like '%into lease%'";
    await expect.poll(() => source.query(blocked)).toEqual([{ n: 1 }]);
    finish.resolve(undefined);
    await Promise.all([writing, takingOver]);
    expect(order).toEqual(['first wrote', 'second holds']);
  });

  it('is taken over from a holder that was stopped within a guarded transaction, which then writes nothing', async () => {
    const first = aLease('stopped');
    const second = aLease('stopped');
    await first.acquire();
    await expire('stopped');
    const guarded = Promise.withResolvers<undefined>();
    const continued = Promise.withResolvers<undefined>();
    const writing = work.run(async (tx) => {
      await first.fenced(tx);
      guarded.resolve(undefined);
      await continued.promise;
      await tx.query(`update lease set holder = 'the stopped one' where name = 'stopped'`);
    });
    await guarded.promise;
    expect(await second.acquire()).toBe(true);
    continued.resolve(undefined);
    await expect(writing).rejects.toMatchObject({ policy: { disposition: 'retry' } });
    await expect(work.run((tx) => second.fenced(tx))).resolves.toBeUndefined();
  });

  it('lasts as long as its heartbeat, and no longer', async () => {
    const first = aLease('beat', 300);
    const second = aLease('beat', 300);
    await first.acquire();
    const start = performance.now();
    await expect.poll(() => performance.now() - start > 900, { timeout: 5_000 }).toBe(true);
    expect(first.held).toBe(true);
    expect(await second.acquire()).toBe(false);
    await first.release();
    expect(await second.acquire()).toBe(true);
  });

  it('is not trusted after its time, even before anyone has taken it', async () => {
    const lease = aLease('stopped', 60_000);
    const short = aLease('short', 90);
    await lease.acquire();
    await short.acquire();
    // The event loop stands still, as under SIGSTOP: no heartbeat runs.
    const until = performance.now() + 120;
    while (performance.now() < until);
    expect(short.held).toBe(false);
    expect(lease.held).toBe(true);
  });

  it('says so when it renews what another has taken', async () => {
    const first = aLease('renew');
    await first.acquire();
    await expire('renew');
    await aLease('renew').acquire();
    await expect(first.renew()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });
});
