import { setTimeout as pause } from 'node:timers/promises';

import kafkajs, { type Producer, type ProducerConfig, type TopicMessages } from 'kafkajs';

import { HubError, type ErrorCode } from '#errors';
import { backoff, crashPoint } from '#platform';

import type { KafkaConnection } from './kafka-connection.ts';
import { kafkaError } from './kafka-error.ts';
import { recordBytes, type OutgoingRecord } from './record.ts';

/** kafkajs makes one record batch of what a send has for a partition; the broker's default limit is 1,048,588 bytes. */
export const MAX_PARTITION_BATCH_BYTES = 900 * 1024;
/** All topics together in one request. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;

/**
 * One attempt for each call of kafkajs. In a second one it asks only brokers that have not answered yet: what the broker
 * that failed was to lead, and one that has answered leads now, is sent to nobody, and counts as written
 * (tulios/kafkajs#1303, #1798). It refuses to be told 0 attempts more; no count is below NaN, so it makes none.
 */
const ONE_ATTEMPT = { retries: Number.NaN };
/** How often a request is made anew, whole and by a new producer, before the caller hears of it. */
const ATTEMPTS = 5;
const PAUSE = { baseMs: 100, maxMs: 2_000 } as const;
/** What a later attempt may mend: a leader moves, a broker has not heard of a new topic yet. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set(['BROKER_UNAVAILABLE', 'TOPIC_UNKNOWN']);

/** The Java client's murmur2 is 10 µs of 64-bit arithmetic in JavaScript for each record: a topic of one partition needs none. */
const byKey: ProducerConfig['createPartitioner'] = () => {
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  return (given) => {
    const [only, second] = given.partitionMetadata;
    return only !== undefined && second === undefined ? only.partitionId : choose(given);
  };
};

export const PRODUCER: ProducerConfig = {
  createPartitioner: byKey,
  idempotent: true,
  maxInFlightRequests: 1,
  allowAutoTopicCreation: false,
  retry: ONE_ATTEMPT,
};

/**
 * Writes records in order, idempotently, acknowledged by all in-sync replicas, one request in flight. A request that
 * failed at one broker is made again as a whole.
 *
 * kafkajs gives the next records the sequence numbers of those it gave up on; the broker may have written these, and
 * would take the next for their copies and drop them. So a producer that has failed is never used again.
 */
export class MessageProducer {
  readonly #connection: KafkaConnection;
  #producer: Promise<Producer> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
  }

  /**
   * Writes the records; those of one topic and key stay in their order, also across calls. One request serves many
   * topics; more are made when the limits ask for it. When it throws, some of the records may have been written:
   * send them again as they are, receivers know them by their content.
   * @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED`, `TOPIC_UNKNOWN`, `RECORD_TOO_LARGE`
   */
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const requests = planRequests(records);
    const turn = this.#queue.then(() => this.#write(requests));
    this.#queue = turn.catch(() => undefined);
    await turn;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#discard();
  }

  async #write(requests: readonly (readonly OutgoingRecord[])[]): Promise<void> {
    for (const request of requests) {
      for (let attempt = 1; ; attempt += 1) {
        const error = await this.#attempt(await this.#connected(), byTopic(request));
        if (error === null) break;
        await this.#discard();
        if (attempt === ATTEMPTS || !MAY_PASS.has(error.code)) throw error;
        await pause(backoff(attempt - 1, PAUSE));
      }
    }
  }

  /** Null if every broker has written its part. */
  async #attempt(producer: Producer, topicMessages: TopicMessages[]): Promise<HubError | null> {
    try {
      crashPoint('before-send');
      await producer.sendBatch({ acks: -1, topicMessages });
      crashPoint('after-send');
      return null;
    } catch (cause) {
      return kafkaError(cause, 'sending');
    }
  }

  /** The producer in use, or a new one; a broker that is away has been waited for by the connection itself. */
  async #connected(): Promise<Producer> {
    this.#producer ??= this.#connect();
    try {
      return await this.#producer;
    } catch (cause) {
      this.#producer = undefined;
      throw kafkaError(cause, 'sending');
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#connection.client.producer(PRODUCER);
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async #discard(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.then((open) => open.disconnect()).catch(() => undefined);
  }
}

/**
 * Splits records, in order, into requests that respect the limits per partition and per request. The partition is not
 * known here, so a topic counts as one.
 * @throws HubError `RECORD_TOO_LARGE` for a record that no request can carry
 */
export function planRequests(records: readonly OutgoingRecord[]): OutgoingRecord[][] {
  const requests: OutgoingRecord[][] = [];
  let current: OutgoingRecord[] = [];
  let total = 0;
  let perTopic = new Map<string, number>();
  for (const record of records) {
    const bytes = recordBytes(record);
    if (bytes > MAX_PARTITION_BATCH_BYTES) {
      throw new HubError('RECORD_TOO_LARGE', `a record of ${bytes} bytes for ${record.topic}`, {
        details: { topic: record.topic, bytes, limit: MAX_PARTITION_BATCH_BYTES },
      });
    }
    const inTopic = perTopic.get(record.topic) ?? 0;
    if (inTopic + bytes > MAX_PARTITION_BATCH_BYTES || total + bytes > MAX_REQUEST_BYTES) {
      requests.push(current);
      current = [];
      total = 0;
      perTopic = new Map();
    }
    current.push(record);
    total += bytes;
    perTopic.set(record.topic, (perTopic.get(record.topic) ?? 0) + bytes);
  }
  if (current.length > 0) requests.push(current);
  return requests;
}

function byTopic(records: readonly OutgoingRecord[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const { topic, key, value, headers } of records) {
    const found = topics.get(topic) ?? { topic, messages: [] };
    found.messages.push({ key, value, headers });
    topics.set(topic, found);
  }
  return [...topics.values()];
}
