import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';

import { followFaultOrders } from '#platform';
import { freshDatabase } from '#testing';

import { createDataSource } from './data-source.ts';
import { SHARED_MIGRATIONS } from './migrations/index.ts';
import { StreamPositions } from './topic-positions.ts';
import { UnitOfWork } from './unit-of-work.ts';

const source = await createDataSource({
  url: await freshDatabase(),
  name: 'spec',
  migrations: SHARED_MIGRATIONS,
});
const positions = new StreamPositions(new UnitOfWork(source));
afterAll(() => source.destroy());

let orders: string;
beforeEach(async () => {
  orders = await mkdtemp(join(tmpdir(), 'orders-'));
  followFaultOrders(orders);
  vi.spyOn(process, 'kill').mockImplementation(() => {
    throw new Error('the process is dead');
  });
});
afterEach(async () => {
  followFaultOrders(null);
  vi.restoreAllMocks();
  await rm(orders, { recursive: true });
});

it.each([
  ['before-position-save', undefined],
  ['after-position-save', 8n],
] as const)('a process that dies %s has saved accordingly', async (point, saved) => {
  const place = { topic: point, partition: 0 };
  await writeFile(join(orders, 'crash'), `${point} 1`);
  await expect(positions.save('group', [{ ...place, next: 8n }])).rejects.toThrow('the process is dead');
  expect((await positions.load('group', [place.topic])).next(place.topic, 0)).toBe(saved);
});
