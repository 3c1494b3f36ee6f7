/** A node that reads: its stream hands over what comes, and keeps its positions in a database. */
import { setTimeout as pause } from 'node:timers/promises';
import { done, KafkaConnection, park, StreamConsumer } from '#messaging';
import { createDataSource, SHARED_MIGRATIONS, StreamPositions, UnitOfWork } from '#persistence';
import { createLogger, createMetrics } from '#platform';
import { StreamMetrics } from '../../../libs/messaging/src/stream-metrics.ts';
import { given, say, untilReleased } from '../exchange/children.ts';
import type { ReadOrder, WirePlace } from './traffic.ts';

/** Until the positions of the last records are committed. */
const SETTLED_MS = 250;
const LOOK_MS = 20;

const { access, database } = given() as WirePlace;
const logger = createLogger('bench', { level: 'silent' });
const source = await createDataSource({ url: database, name: 'wire', migrations: SHARED_MIGRATIONS });
const positions = new StreamPositions(new UnitOfWork(source));
const metrics = new StreamMetrics(createMetrics('wire'));
const { brokers, ...tls } = access;
const connection = KafkaConnection.open({ brokers, clientId: 'wire-reader', tls }, logger);

process.on('message', (order: ReadOrder) => {
  void read(order);
});
untilReleased(async () => {
  await connection.close();
  await source.destroy();
});
say({ kind: 'ready' });

async function read({ topic, size, count }: ReadOrder): Promise<void> {
  const all = Promise.withResolvers<undefined>();
  let handled = 0;
  const consumer = new StreamConsumer(
    { stream: 'wire', topics: [topic], group: `bench.${topic}`, limits: { records: size } },
    {
      connection,
      positions,
      metrics,
      logger,
      onPoison: (_record, error) => Promise.resolve(park(error.code)),
      handler: (records) => {
        handled += records.length;
        if (handled >= count) all.resolve(undefined);
        return Promise.resolve(records.map(done));
      },
    },
  );
  consumer.start();
  while (consumer.status.state !== 'reading') await pause(LOOK_MS);
  globalThis.gc?.();
  const before = process.cpuUsage();
  say({ kind: 'ready' });
  await all.promise;
  await pause(SETTLED_MS);
  const { user, system } = process.cpuUsage(before);
  await consumer.close();
  say({ kind: 'received', count: handled, values: { micros: user + system } });
}
