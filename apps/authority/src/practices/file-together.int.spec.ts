import { expect, it } from 'vitest';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Partner } from '../partner.fixture.ts';

const network = await realNetwork();
const node = await TestNode.start(network, 'c_d150');
const partner = await Partner.of(node);

/** Keeps everybody off the counter of CUIs, until it is let go. */
async function holdCounter(): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<undefined>();
  const letGo = Promise.withResolvers<undefined>();
  const holding = node.parts.work.run(async (tx) => {
    await tx.query('select * from cui_counter for update');
    held.resolve(undefined);
    await letGo.promise;
  });
  await held.promise;
  return async () => {
    letGo.resolve(undefined);
    await holding;
  };
}

async function waitingForCounter(): Promise<number> {
  const rows = await node.rows(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

it('writes what comes together in one transaction, but for what is refused in the midst of it', async () => {
  await partner.filed({ key: 'taken' });
  const kinds = [
    {},
    { key: 'twice' },
    { key: 'taken', fields: { territory: '019035' } },
    { key: 'twice' },
    {},
    {},
  ];
  const before = (await node.stored()).length;
  const release = await holdCounter();
  const answering = Promise.all(kinds.map((filing) => partner.file(filing)));
  // All but the one that is refused: its file may be gone already.
  await until('all are handed in, and the first waits', async () => {
    const [waiting, stored] = [await waitingForCounter(), await node.stored()];
    return waiting > 0 && stored.length >= before + 5 ? true : undefined;
  });
  await release();
  const answers = await answering;
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 409, 201, 201, 201]);
  expect(answers[3]?.bytes.equals(answers[1]?.bytes ?? Buffer.alloc(0))).toBe(true);
  const ids = answers.map(({ json }) => json?.['eventId']).filter((id) => typeof id === 'string');
  const filed = [...new Set(ids)];
  expect(filed).toHaveLength(4);
  // Who comes while the first waits for the counter is written with whoever came then, too.
  const transactions = await node.rows<{ xmin: string }>(
    `select distinct xmin::text from event where event_id = any('{${filed.join()}}')`,
  );
  expect(transactions.length).toBeLessThan(filed.length);
  const registered = await node.rows<{ event: string; owner: string }>(
    `select p.event_id as event, r.owner from protocol p join filing_receipt r using (owner, uuid)
       where p.event_id = any('{${filed.join()}}')`,
  );
  expect(registered).toHaveLength(4);
});
