import kafkajs, { type Admin, type Kafka } from 'kafkajs';

import { readMutualTls, type Logger, type MutualTlsFiles } from '#platform';

import type { KafkaBrokers } from './kafka-config.ts';
import { kafkaError } from './kafka-error.ts';
import { kafkaLogger } from './kafka-logger.ts';
import { brokerSocket, correctKafkajs } from '#kafka-client';

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** About 5 s in all; who asked decides then, knowing what it was for. */
const RETRY = { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 } as const;

export interface KafkaSettings extends KafkaBrokers {
  readonly tls: MutualTlsFiles;
}

/** How far a partition reaches: the first offset it holds and the one after its last, 64-bit numbers. */
export interface PartitionRange {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** Where a group goes on in a partition. */
export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** A node's way to the brokers, with its transport certificate. The one place that makes kafkajs clients. */
export class KafkaConnection {
  readonly logger: Logger;
  /** For this room only: nothing outside it sees kafkajs. */
  readonly client: Kafka;
  #admin: Promise<Admin> | undefined;

  private constructor(client: Kafka, logger: Logger) {
    this.client = client;
    this.logger = logger;
  }

  /**
   * Reads the certificate and makes the client. No broker is asked yet: one that is away shows at the first use, and
   * a node starts without it.
   * @throws HubError `TLS_FILE_UNREADABLE`
   */
  static open(settings: KafkaSettings, logger: Logger): KafkaConnection {
    correctKafkajs();
    const { cert, key, ca } = readMutualTls(settings.tls);
    const client = new kafkajs.Kafka({
      brokers: [...settings.brokers],
      clientId: settings.clientId,
      ssl: { cert, key, ca },
      socketFactory: brokerSocket,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: RETRY,
      logLevel: kafkajs.logLevel.INFO,
      logCreator: kafkaLogger(logger),
    });
    return new KafkaConnection(client, logger);
  }

  /**
   * What each partition of a topic holds now.
   * @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED`, `TOPIC_UNKNOWN`
   */
  async ranges(topic: string): Promise<PartitionRange[]> {
    return this.#ask(`offsets of ${topic}`, async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }));
    });
  }

  /**
   * The offsets a group has committed in a topic, by partition; null where it has none.
   * @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED`
   */
  async committed(group: string, topic: string): Promise<Map<number, bigint | null>> {
    return this.#ask(`offsets of group ${group}`, async (admin) => {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const partitions = found?.partitions ?? [];
      return new Map(
        partitions.map(({ partition, offset }) => [partition, BigInt(offset) < 0n ? null : BigInt(offset)]),
      );
    });
  }

  /**
   * Of each partition, the offset of the first record that is not older than `at` by its own time stamp; the end of the
   * partition if all are older.
   * @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED`, `TOPIC_UNKNOWN`
   */
  async offsetsAt(topic: string, at: Date): Promise<Map<number, bigint>> {
    return this.#ask(`offsets of ${topic} at ${at.toISOString()}`, async (admin) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, at.getTime());
      return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
    });
  }

  /**
   * The offsets a group has committed in several topics, asked for at once.
   * @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED`
   */
  async committedIn(group: string, topics: readonly string[]): Promise<CommittedOffset[]> {
    return this.#ask(`offsets of group ${group}`, async (admin) => {
      const found = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
      return found.flatMap(({ topic, partitions }) =>
        partitions.flatMap(({ partition, offset }) =>
          BigInt(offset) < 0n ? [] : [{ topic, partition, offset: BigInt(offset) }],
        ),
      );
    });
  }

  /** Closes what `ranges` and `committed` opened. Producers, streams and readers close themselves. */
  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then((open) => open.disconnect()).catch(() => undefined);
  }

  async #ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      this.#admin ??= this.#connectAdmin();
      return await question(await this.#admin);
    } catch (cause) {
      throw kafkaError(cause, what);
    }
  }

  async #connectAdmin(): Promise<Admin> {
    const admin = this.client.admin();
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      this.#admin = undefined;
      throw error;
    }
  }
}
