/** A node that sends: what transactions append, its relay takes to the broker. */
import { randomUUID } from 'node:crypto';
import { KafkaConnection, MessageProducer, OutboxRelay } from '#messaging';
import {
  appendOutbox,
  createDataSource,
  ensurePartitions,
  OUTBOX_PARTITIONS,
  SHARED_MIGRATIONS,
  UnitOfWork,
} from '#persistence';
import { createLogger, createMetrics, systemClock } from '#platform';
import { given, say, untilReleased } from '../exchange/children.ts';
import { recordsOf, type SendOrder, type WirePlace } from './traffic.ts';

const { access, database } = given() as WirePlace;
const logger = createLogger('bench', { level: 'silent' });
const source = await createDataSource({ url: database, name: 'wire', migrations: SHARED_MIGRATIONS });
const work = new UnitOfWork(source);
await work.run((tx) => ensurePartitions(tx, OUTBOX_PARTITIONS, systemClock.now()));
const { brokers, ...tls } = access;
const connection = KafkaConnection.open({ brokers, clientId: 'wire-sender', tls }, logger);
const producer = new MessageProducer(connection);
const relay = new OutboxRelay({
  source,
  url: database,
  producer,
  holder: randomUUID(),
  clock: systemClock,
  logger,
  metrics: createMetrics('wire'),
});

process.on('message', (order: SendOrder) => {
  void send(order);
});
untilReleased(async () => {
  await relay.close();
  await producer.close();
  await connection.close();
  await source.destroy();
});
say({ kind: 'ready' });

async function send(order: SendOrder): Promise<void> {
  const batches = Array.from({ length: order.count / order.size }, () => recordsOf(order));
  globalThis.gc?.();
  const before = process.cpuUsage();
  for (const records of batches) {
    await work.run((tx) => appendOutbox(tx, records));
    const sent = await relay.drain();
    if (sent !== records.length) throw new Error(`${sent} of ${records.length} records were sent`);
  }
  const { user, system } = process.cpuUsage(before);
  say({ kind: 'ended', values: { micros: user + system } });
}
