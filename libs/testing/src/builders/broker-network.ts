import pg from 'pg';
import { inject } from 'vitest';
import { registryEntryHeaders, parseRegistryEntry, topics } from '#contracts';
import { KafkaConnection, MessageProducer, TopicReader, type IncomingRecord } from '#messaging';
import { createLogger, systemClock, systemIds } from '#platform';
import { kafkaFor } from '../broker.ts';
import { aNetwork, TestNetwork } from './network.ts';
import { readPki } from './pki.ts';

/** Key of the lock under which the test files of a run, in whichever process, found the network once. */
const FOUNDING_LOCK = 7_220_900;

/** A way to the run's broker with a holder's certificate, silent. */
export function connectAs(holder: string): KafkaConnection {
  const { brokers, certFile, keyFile, caFile } = kafkaFor(holder);
  const tls = { cert: certFile, key: keyFile, ca: caFile };
  const logger = createLogger(holder, { level: 'silent' });
  return KafkaConnection.open({ brokers, clientId: `test ${holder}`, tls }, logger);
}

/**
 * The network of the run's broker. The first test file to ask founds it: its entries are on `registry.state`, where a
 * node's registry copy finds them. There is one topic for all: nothing may be published on it beyond this.
 */
export async function networkOnBroker(): Promise<TestNetwork> {
  const lock = new pg.Client({ connectionString: inject('postgres').adminUrl });
  const connection = connectAs('registry');
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [FOUNDING_LOCK]);
    const entries = await publishedEntries(connection);
    return entries.length > 0 ? adopted(entries) : await founded(connection);
  } finally {
    await lock.end();
    await connection.close();
  }
}

/**
 * Reads a topic from its start, with a holder's certificate, until `wanted` records have come that have the given key, or
 * that the given function picks.
 * @throws Error if they have not within the time
 */
export async function recordsOf(
  holder: string,
  topic: string,
  picked: string | ((record: IncomingRecord) => boolean),
  { wanted = 1, timeoutMs = 20_000 } = {},
): Promise<IncomingRecord[]> {
  const isPicked = typeof picked === 'string' ? ({ key }: IncomingRecord) => key === picked : picked;
  const connection = connectAs(holder);
  const reading = new TopicReader(connection, holder, systemIds).read(topic, { until: 'follow' });
  const deadline = setTimeout(() => void reading.close(), timeoutMs);
  const found: IncomingRecord[] = [];
  try {
    for await (const record of reading) {
      if (isPicked(record)) found.push(record);
      if (found.length >= wanted) return found;
    }
  } finally {
    clearTimeout(deadline);
    await reading.close();
    await connection.close();
  }
  throw new Error(
    `${found.length} of ${wanted} records of ${String(picked)} on ${topic} within ${timeoutMs} ms`,
  );
}

async function publishedEntries(connection: KafkaConnection): Promise<Buffer[]> {
  const reader = new TopicReader(connection, 'registry', systemIds);
  const entries: Buffer[] = [];
  for await (const { headers, value } of reader.read(topics.registryState, { until: 'end' }))
    if (headers['hub_class']?.toString() === 'entry') entries.push(value);
  return entries;
}

function adopted(entries: readonly Buffer[]): TestNetwork {
  const network = new TestNetwork(readPki(inject('kafka').pki), systemClock, systemIds);
  for (const entry of entries) network.adopt(entry);
  return network;
}

async function founded(connection: KafkaConnection): Promise<TestNetwork> {
  const network = await aNetwork().withPki(inject('kafka').pki).founded();
  const producer = new MessageProducer(connection);
  await producer.send(
    network.entries.map((value) => {
      const entry = parseRegistryEntry(value);
      return {
        topic: topics.registryState,
        key: String(entry.number),
        value,
        headers: registryEntryHeaders(entry),
      };
    }),
  );
  await producer.close();
  return network;
}
