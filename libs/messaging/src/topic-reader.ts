import type { Consumer, EachBatchPayload } from 'kafkajs';

import { backoff, type IdSource } from '#platform';

import { Exchange } from './exchange.ts';
import { toIncoming } from './incoming.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { kafkaError } from './kafka-error.ts';
import type { IncomingRecord } from './record.ts';
import { subscriptionAssigner } from './subscription-assigner.ts';

const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_500;
const FETCH_WAIT_MS = 500;
const PAUSE = { baseMs: 200, maxMs: 10_000 } as const;

export interface ReadOptions {
  /** `end`: up to what the topic held when the reading began. `follow`: on and on, until `close`. */
  readonly until: 'end' | 'follow';
  /** Where to begin, by partition; where the topic begins, for a partition that is not named or holds no such offset. */
  readonly from?: ReadonlyMap<number, bigint>;
  /** What no writer of ours can have written (`refused`) is given, too, and not left out. */
  readonly givesRefused?: boolean;
  /**
   * The broker is told to forget the reader's group, which it does by itself within minutes. It takes a certificate that
   * may delete groups.
   */
  readonly leavesNoGroup?: boolean;
}

/** A topic being read from its first record, by partition in order. To be iterated once. */
export interface TopicReading extends AsyncIterable<IncomingRecord> {
  /**
   * Resolves once everything that the topic held when the reading began has been taken by the iteration (at once for an
   * empty topic). With `follow` it waits for a broker that is away.
   */
  readonly caughtUp: Promise<void>;
  /** Ends the iteration after the record in hand. */
  close(): Promise<void>;
}

/**
 * Reads topics, each time from the start or from a given place, apart from every group's work: for the registry's
 * chain, for replays, and for what a node wrote itself. The group's name is new each time (`<holder>.reader.<uuid>`), and it commits nothing.
 */
export class TopicReader {
  readonly #connection: KafkaConnection;
  readonly #holder: string;
  readonly #ids: IdSource;

  /** `holder` is the prefix of groups that the broker grants to this certificate. */
  constructor(connection: KafkaConnection, holder: string, ids: IdSource) {
    this.#connection = connection;
    this.#holder = holder;
    this.#ids = ids;
  }

  /**
   * Reads a topic. Iterating throws HubError `BROKER_REFUSED`, `TOPIC_UNKNOWN` or `OFFSET_OUT_OF_RANGE` (records were
   * deleted under the reader), and `BROKER_UNAVAILABLE` with `until: 'end'`; a follower waits for the broker, and goes
   * on behind the last record it gave.
   */
  read(topic: string, options: ReadOptions): TopicReading {
    return new Reading(this.#connection, topic, () => `${this.#holder}.reader.${this.#ids.uuid()}`, options);
  }
}

class Reading implements TopicReading {
  readonly #connection: KafkaConnection;
  readonly #topic: string;
  readonly #newGroup: () => string;
  readonly #follow: boolean;
  readonly #from: ReadonlyMap<number, bigint>;
  readonly #givesRefused: boolean;
  readonly #leavesNoGroup: boolean;
  readonly #caughtUp = Promise.withResolvers<undefined>();
  /** What the topic held when the reading began: per partition, the offset after its last record. */
  #ends: Map<number, bigint> | undefined;
  /** The offset of the next record to give, per partition. */
  readonly #next = new Map<number, bigint>();
  readonly #exchange = new Exchange<readonly IncomingRecord[]>();

  constructor(
    connection: KafkaConnection,
    topic: string,
    newGroup: () => string,
    { until, from, givesRefused = false, leavesNoGroup = false }: ReadOptions,
  ) {
    this.#connection = connection;
    this.#topic = topic;
    this.#newGroup = newGroup;
    this.#follow = until === 'follow';
    this.#from = from ?? new Map();
    this.#givesRefused = givesRefused;
    this.#leavesNoGroup = leavesNoGroup;
    // Whoever only iterates need not look at it.
    this.#caughtUp.promise.catch(() => undefined);
  }

  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  close(): Promise<void> {
    this.#exchange.end();
    return Promise.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<IncomingRecord, void, undefined> {
    for (let setbacks = 0; !this.#exchange.ended(); setbacks += 1) {
      try {
        this.#ends ??= await this.#measure();
        if (this.#noteCaughtUp()) return;
        for await (const record of this.#session()) {
          setbacks = 0;
          if (record.refused === undefined || this.#givesRefused) yield record;
          else this.#leaveOut(record);
          this.#next.set(record.partition, BigInt(record.offset) + 1n);
          if (this.#noteCaughtUp()) return;
        }
      } catch (cause) {
        const error = kafkaError(cause, `reading ${this.#topic}`);
        if (!this.#follow || error.code !== 'BROKER_UNAVAILABLE') {
          this.#caughtUp.reject(error);
          throw error;
        }
        this.#connection.logger.warn({ err: error, topic: this.#topic }, 'a reader waits for the broker');
        await this.#exchange.pause(backoff(setbacks, PAUSE));
      }
    }
  }

  /** What no writer of ours can have written has nobody to judge it here. */
  #leaveOut({ topic, partition, offset, refused }: IncomingRecord): void {
    this.#connection.logger.warn({ code: refused, topic, partition, offset }, 'a reader leaves a record out');
  }

  /** Asks how far the topic reaches, and starts where it begins, or where it was told. */
  async #measure(): Promise<Map<number, bigint>> {
    const ranges = await this.#connection.ranges(this.#topic);
    for (const { partition, low } of ranges) {
      const from = this.#from.get(partition) ?? low;
      this.#next.set(partition, from > low ? from : low);
    }
    return new Map(ranges.map(({ partition, high }) => [partition, high]));
  }

  /** True if the reading is over. */
  #noteCaughtUp(): boolean {
    const isThere = [...(this.#ends ?? [])].every(
      ([partition, end]) => (this.#next.get(partition) ?? 0n) >= end,
    );
    if (isThere) this.#caughtUp.resolve(undefined);
    return isThere && !this.#follow;
  }

  /** The records of one membership, from the next offset of each partition on. */
  async *#session(): AsyncGenerator<IncomingRecord, void, undefined> {
    const groupId = this.#newGroup();
    const consumer = this.#connection.client.consumer({
      groupId,
      partitionAssigners: [subscriptionAssigner(this.#connection.logger)],
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: { retries: 3, initialRetryTime: 100, restartOnFailure: () => Promise.resolve(false) },
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#exchange.fail(payload.error);
    });
    try {
      await this.#start(consumer);
      while (!this.#exchange.ended()) {
        const records = await this.#exchange.take();
        if (records === undefined) return;
        for (const record of records) {
          if (this.#exchange.ended()) return;
          if (BigInt(record.offset) >= (this.#next.get(record.partition) ?? 0n)) yield record;
        }
        this.#exchange.taken();
      }
    } finally {
      this.#exchange.clear();
      await consumer.disconnect().catch(() => undefined);
      // A broker that is away forgets it later, by itself.
      if (this.#leavesNoGroup) await this.#connection.forgetGroup(groupId).catch(() => undefined);
    }
  }

  async #start(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
    for (const [partition, next] of this.#next) {
      if (next > 0n) consumer.seek({ topic: this.#topic, partition, offset: next.toString() });
    }
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    // The iteration may take its time with a batch: the broker must hear of this member meanwhile.
    const alive = setInterval(() => {
      if (payload.isRunning()) payload.heartbeat().catch(() => undefined);
    }, HEARTBEAT_MS);
    try {
      await this.#exchange.give(messages.map((message) => toIncoming(topic, partition, message)));
    } finally {
      clearInterval(alive);
    }
  }
}
