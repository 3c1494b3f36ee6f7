import { afterAll, expect, it } from 'vitest';
import { topics } from '#contracts';
import { sha256Hex, signReceipts } from '#evidence';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { ReadArchive } from '../archive/read-archive.ts';
import { aReceipt, anEvent, aRecord, outboxRecord, SampleNetwork } from '../signed-samples.fixture.ts';

const log = await LogInstance.open(await logDatabase());
const network = await SampleNetwork.create();
const takeIn = log.takeIn(network);
afterAll(() => log.close());

const batches = async () => (await log.rows('select 1 as one from archive_batch')).length;

it('keeps the batch that items were signed in once, and gives each item as it travelled', async () => {
  const events = await Promise.all([1, 2, 3].map(() => network.event(anEvent())));
  await takeIn.run(
    'events',
    events.map((signed) => outboxRecord(signed)),
  );
  expect(await batches()).toBe(0);
  const receipts = events.map((signed) => aReceipt(signed));
  const { items } = await signReceipts(receipts, network.signer('p_cr'), new Date());
  const [first, ...others] = items.map((item) => aRecord(topics.receipts, item));
  if (first === undefined) throw new Error('nothing was signed');
  // Its own batch, and again with others of it.
  await takeIn.run('receipts', [first]);
  await takeIn.run('receipts', [first, ...others]);
  expect(await batches()).toBe(1);
  const read = new ReadArchive(log.work, log.accesses);
  for (const bytes of [...items, ...events.map((signed) => signed.bytes)])
    expect((await read.item(sha256Hex(bytes))).equals(bytes)).toBe(true);
});

it('keeps no batch of items that are no leaves', async () => {
  const signed = await network.event(anEvent());
  await takeIn.run('receipts', [aRecord(topics.receipts, await network.receipt(aReceipt(signed)))]);
  const before = await batches();
  const later = aReceipt(signed, { time: new Date(Date.now() + 1).toISOString() });
  const [outcome] = await takeIn.run('receipts', [aRecord(topics.receipts, await network.receipt(later))]);
  expect(outcome).toMatchObject({ code: 'LOG_LEAF_CONTRADICTED' });
  expect(await batches()).toBe(before);
});
