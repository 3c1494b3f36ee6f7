import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';

import { backoff, readMutualTls, type Logger, type MutualTlsFiles } from '#platform';

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

/** How often a question is asked that the client stumbles over. */
const MAX_ATTEMPTS = 4;
const AGAIN = { baseMs: 200, maxMs: 2_000 } as const;

/** A node's way to the brokers, with its transport certificate. The one place that makes kafkajs clients. */
export class KafkaConnection {
  readonly logger: Logger;
  /** For this room only: nothing outside it sees kafkajs. */
  readonly client: Kafka;
  #admin: Promise<Admin> | undefined;
  readonly #retired = new Set<Promise<Admin>>();

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

  /** Names of the topics that this certificate may see, in order. @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED` */
  async topics(): Promise<string[]> {
    return this.#ask('names of topics', async (admin) => (await admin.listTopics()).toSorted());
  }

  /** Has the broker forget a group that has no member any more. @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED` */
  async forgetGroup(group: string): Promise<void> {
    await this.#ask(`group ${group}`, async (admin) => admin.deleteGroups([group]));
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
    const admins = [...this.#retired, ...(this.#admin === undefined ? [] : [this.#admin])];
    this.#admin = undefined;
    this.#retired.clear();
    await Promise.all(admins.map((admin) => admin.then((open) => open.disconnect()).catch(() => undefined)));
  }

  async #ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const asked = (this.#admin ??= this.#connectAdmin());
      try {
        return await question(await asked);
      } catch (cause) {
        // A topic that the cluster said nothing of, as it does while brokers come back: kafkajs remembers that for
        // minutes, and trips over what it does not find. Another client asks anew; this one may be answering others.
        if (!(cause instanceof TypeError) || attempt === MAX_ATTEMPTS) throw kafkaError(cause, what);
        if (this.#admin === asked) this.#admin = undefined;
        this.#retired.add(asked);
        await pause(backoff(attempt, AGAIN));
      }
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
