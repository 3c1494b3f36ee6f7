import { readFileSync } from 'node:fs';
import kafkajs, { type Admin, type Kafka as KafkaClient } from 'kafkajs';

import { correctKafkajs } from '#kafka-client';

const { Kafka, logLevel } = kafkajs;

/** How one holder reaches the brokers: mTLS with PEM files, given by absolute path. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  /** Certificates of the authorities that issued the brokers' certificates. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A silent kafkajs client on that connection, for administration and for tests. */
export function openClient(connection: KafkaConnection, clientId: string): KafkaClient {
  correctKafkajs();
  return new Kafka({
    clientId,
    brokers: [...connection.brokers],
    ssl: {
      ca: [readFileSync(connection.caFile, 'utf8')],
      cert: readFileSync(connection.certFile, 'utf8'),
      key: readFileSync(connection.keyFile, 'utf8'),
    },
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    logLevel: logLevel.NOTHING,
    retry: { retries: 2, initialRetryTime: 100 },
  });
}

/** Runs `use` with a connected administrator's client, and closes it whatever happens. */
export async function withAdmin<T>(
  connection: KafkaConnection,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = openClient(connection, 'reset-hub-admin').admin();
  try {
    await admin.connect();
    return await use(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** True once a broker answers a metadata request on that connection: of the cluster with that id, when one is given. */
export async function answers(connection: KafkaConnection, clusterId?: string): Promise<boolean> {
  try {
    const cluster = await withAdmin(connection, async (admin) => await admin.describeCluster());
    return cluster.brokers.length > 0 && (clusterId ?? cluster.clusterId) === cluster.clusterId;
  } catch {
    return false;
  }
}
