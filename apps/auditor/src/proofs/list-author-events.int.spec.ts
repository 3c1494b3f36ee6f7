import { afterAll, expect, it } from 'vitest';
import { topics } from '#contracts';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';
import {
  aDecision,
  aReceipt,
  anEvent,
  aRecord,
  outboxRecord,
  SampleNetwork,
} from '../signed-samples.fixture.ts';
import { ListAuthorEvents } from './list-author-events.ts';

const log = await LogInstance.open(await logDatabase());
const network = await SampleNetwork.create();
const takeIn = log.takeIn(network);
const list = new ListAuthorEvents(log.work);

afterAll(() => log.close());

it('lists an author’s newest events that have their index, newest first, and nothing else', async () => {
  const [first, second] = [await network.event(anEvent()), await network.event(anEvent())];
  await takeIn.run('events', [outboxRecord(first)]);
  await takeIn.run('decisions', [aRecord(topics.routing, await network.decision(aDecision(first)))]);
  await takeIn.run('receipts', [aRecord(topics.receipts, await network.receipt(aReceipt(first)))]);
  await takeIn.run('events', [outboxRecord(second)]);
  expect((await list.run('c_d150', 10)).events).toEqual([]);
  await log.work.run((tx) => integrate(tx, log.signer));
  const { events } = await list.run('C_D150', 10);
  expect(events).toEqual(
    [second, first].map(({ event, digest }) => ({
      index: expect.any(Number) as number,
      eventId: event.id,
      sha256: digest,
    })),
  );
  expect((await list.run('c_d150', 1)).events.map(({ eventId }) => eventId)).toEqual([second.event.id]);
  expect((await list.run('p_cr', 10)).events).toEqual([]);
});

it('keeps the first of two receipts that say the same with other bytes: a second signature harms nobody', async () => {
  const signed = await network.event(anEvent());
  await takeIn.run('events', [outboxRecord(signed)]);
  const receipt = (agoMs: number) =>
    network.receipt(aReceipt(signed, { time: new Date(Date.now() - agoMs).toISOString() }));
  const [one, other] = [await receipt(1_000), await receipt(0)];
  const taken = await takeIn.run(
    'receipts',
    [one, other].map((value) => aRecord(topics.receipts, value)),
  );
  expect(taken).toEqual([{ kind: 'done' }, { kind: 'park', code: 'LOG_LEAF_CONTRADICTED' }]);
  const leaves = await log.rows(`select 1 as leaf from log_entry where kind = 'receipt' and event_id = $1`, [
    signed.event.id,
  ]);
  expect(leaves).toHaveLength(1);
});
