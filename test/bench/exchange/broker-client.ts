/** The administrator's way to the broker, and topics that last for one round of a baseline. */
import { readFileSync } from 'node:fs';
import kafkajs, { type Admin, type Kafka, type KafkaConfig } from 'kafkajs';
import { correctIdleTimer, createTopics as createLed } from '#kafka-client';

/** What a child needs to reach the broker over mutual TLS. */
export interface BrokerAccess {
  readonly brokers: readonly string[];
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** kafkajs' settings. A baseline has the library as it is, but for one correction: it is not to lose by a bug. */
export function clientConfig({ brokers, cert, key, ca }: BrokerAccess): Omit<KafkaConfig, 'logLevel'> {
  correctIdleTimer();
  const [certificate, privateKey, authority] = [cert, key, ca].map((path) => readFileSync(path, 'utf8'));
  return {
    brokers: [...brokers],
    ssl: { cert: certificate ?? '', key: privateKey ?? '', ca: [authority ?? ''] },
    retry: { retries: 8, initialRetryTime: 100 },
  };
}

export function openKafka(access: BrokerAccess, clientId: string): Kafka {
  return new kafkajs.Kafka({ ...clientConfig(access), clientId, logLevel: kafkajs.logLevel.NOTHING });
}

export async function withAdmin<T>(access: BrokerAccess, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = openKafka(access, 'bench').admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Topics of one partition each, as the hub's own. */
export async function createTopics(access: BrokerAccess, topics: readonly string[]): Promise<void> {
  const configEntries = [{ name: 'max.message.bytes', value: String(4 * 1024 * 1024) }];
  const wanted = topics.map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1, configEntries }));
  await withAdmin(access, (admin) => createLed(admin, wanted));
}

export async function deleteTopics(access: BrokerAccess, topics: readonly string[]): Promise<void> {
  await withAdmin(access, (admin) => admin.deleteTopics({ topics: [...topics] }));
}
