/** What the room's integration specs share: connections, topics of their own, records. */
import { randomUUID } from 'node:crypto';

import { afterAll, expect, inject } from 'vitest';

import { createLogger, type Logger } from '#platform';
import { createTopics } from '#kafka-client';

import { KafkaConnection } from '../src/kafka-connection.ts';
import type { IncomingRecord, OutgoingRecord } from '../src/record.ts';

/** As libs/embedded gives it. */
interface PemFiles {
  readonly brokers: readonly string[];
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export const quiet: Logger = createLogger('spec', { level: 'silent' });

/** A connection with the certificate of a holder of the test network, or of the broker's super-user. */
export function connectionOf(files: PemFiles): KafkaConnection {
  const { brokers, caFile, certFile, keyFile } = files;
  const tls = { ca: caFile, cert: certFile, key: keyFile };
  const connection = KafkaConnection.open({ brokers, clientId: 'spec', tls }, quiet);
  afterAll(async () => {
    const admin = await admins.get(connection);
    admins.delete(connection);
    await Promise.all([admin?.disconnect(), connection.close()]);
  });
  return connection;
}

type Administrator = ReturnType<KafkaConnection['client']['admin']>;

/** Of each connection of the file the one that makes its topics: to connect takes longer than to make one. */
const admins = new Map<KafkaConnection, Promise<Administrator>>();

function adminOf(connection: KafkaConnection): Promise<Administrator> {
  const known = admins.get(connection) ?? connected(connection.client.admin());
  admins.set(connection, known);
  return known;
}

async function connected(admin: Administrator): Promise<Administrator> {
  await admin.connect();
  return admin;
}

export function superUser(): KafkaConnection {
  return connectionOf(inject('kafka').admin);
}

/** A new topic, with a name of its own unless given. */
export async function aTopic(
  connection: KafkaConnection,
  partitions = 1,
  topic = `spec.${randomUUID()}`,
): Promise<string> {
  await create(connection, [topic], partitions);
  return topic;
}

/** Topics of one partition each. */
export async function topicsOf(connection: KafkaConnection, count: number): Promise<string[]> {
  const topics = Array.from({ length: count }, () => `spec.${randomUUID()}`);
  await create(connection, topics, 1);
  return topics;
}

async function create(
  connection: KafkaConnection,
  topics: readonly string[],
  numPartitions: number,
): Promise<void> {
  await createTopics(
    await adminOf(connection),
    topics.map((topic) => ({ topic, numPartitions })),
  );
  // Metadata name a leader a moment before it knows that it is: a send that it refuses is made again, as a whole.
  for (const topic of topics) await eventually(() => connection.ranges(topic)).toHaveLength(numPartitions);
}

export function aRecord(topic: string, text: string, key: string | null = 'k'): OutgoingRecord {
  return { topic, key, value: Buffer.from(text), headers: {} };
}

/** Everything an iteration gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

export const texts = (records: readonly Pick<IncomingRecord, 'value'>[]): string[] =>
  records.map(({ value }) => value.toString());

/** Polls until the check passes; a broker that others use at the same time may take its while. */
export const eventually = <T>(read: () => T): ReturnType<typeof expect.poll<T>> =>
  expect.poll(read, { timeout: 30_000, interval: 20 });
