/** A witness in a process of its own: takes submissions over IPC and answers them, until it is killed. */
import { createDataSource, UnitOfWork } from '#persistence';
import { followFaultOrders, systemClock, systemIds } from '#platform';
import { AddCheckpoint } from './add-checkpoint.ts';
import { LOG, WITNESS } from './log.fixture.ts';

const [url = '', orders = ''] = process.argv.slice(2);
followFaultOrders(orders === '' ? null : orders);
// The spec has made the tables.
const source = await createDataSource({ url, name: 'witness', migrations: [] });
const add = new AddCheckpoint({
  work: new UnitOfWork(source),
  clock: systemClock,
  ids: systemIds,
  registry: { certificate: () => undefined },
  witness: { cosigner: WITNESS, logs: [LOG] },
  found: () => undefined,
});

process.on('message', (body: string) => {
  add.submit(Buffer.from(body, 'base64')).then(
    ({ status, body: answer }) => process.send?.({ status, body: answer.toString() }),
    (error: unknown) => process.send?.({ status: 0, body: String(error) }),
  );
});
process.send?.('ready');
