import type { Consumer, ConsumerConfig, EachBatchPayload, Offsets } from 'kafkajs';

import type { TopicPosition } from '#persistence';
import { crashPoint, type BatchLimits, type Gatherer, type Logger } from '#platform';

import { toIncoming } from './incoming.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import type { Outcome } from './outcome.ts';
import { PartitionPauses } from './partition-pauses.ts';
import type { PositionStore, Rewind } from './find-rewinds.ts';
import { recordBytes, type IncomingRecord } from './record.ts';
import { Rewinder, type RewinderParts } from './rewinder.ts';
import { Signal } from './signal.ts';
import { subscriptionAssigner } from './subscription-assigner.ts';

/** After `kill -9` and a restart, flow comes back after this. The broker's `group.min.session.timeout.ms` must allow it. */
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_500;
const REBALANCE_TIMEOUT_MS = 15_000;
/** How long an empty fetch waits at the broker: a resumed partition is read again at most this late. */
const FETCH_WAIT_MS = 500;
/** How much a stream with a pace lets gather at the broker, as long as its pace allows: one answer instead of one for each record. */
const PACED_FETCH_BYTES = 512 * 1024;
/** Handled offsets are committed at most this late: a crash repeats that much, and `seen` makes it no effect. */
const COMMIT_EVERY_MS = 500;
const FETCH_BYTES_PER_PARTITION = 1024 * 1024;
/** Bounds the memory that unhandled records take, per broker. */
const FETCH_BYTES = 8 * 1024 * 1024;
/** Batches of one fetch that feed the gatherer together. */
const PARTITIONS_AT_ONCE = 128;

export interface SessionParts {
  readonly group: string;
  readonly topics: readonly string[];
  readonly limits: BatchLimits;
  readonly gatherer: Gatherer<IncomingRecord, Outcome>;
  readonly logger: Logger;
  /** Where the database's own position is kept; without it the group's offset alone counts. */
  readonly positions: PositionStore | undefined;
  readonly onRewind: (rewind: Rewind) => void;
  /** The member has joined its group, again after each rebalance. */
  readonly onJoin: () => void;
}

/** One membership of a consumer group, from subscribing to leaving. It ends by itself only with an error. */
export class StreamSession {
  readonly #parts: SessionParts;
  readonly #consumer: Consumer;
  readonly #pauses: PartitionPauses;
  readonly #rewinder: Rewinder | undefined;
  readonly #ended = Promise.withResolvers<Error | null>();
  #generation = 0;
  #inFlight = 0;
  readonly #idle = new Signal();
  #payload: EachBatchPayload | undefined;
  #commitTimer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #closing = false;
  #crashed = false;

  constructor(connection: KafkaConnection, parts: SessionParts) {
    this.#parts = parts;
    this.#consumer = connection.client.consumer({
      groupId: parts.group,
      partitionAssigners: [subscriptionAssigner(parts.logger)],
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      ...fetchWait(parts.limits),
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      maxBytes: FETCH_BYTES,
      allowAutoTopicCreation: false,
      // What ends a session is judged by the stream, which begins the next.
      retry: {
        retries: 5,
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        restartOnFailure: () => Promise.resolve(false),
      },
    });
    this.#pauses = new PartitionPauses(this.#consumer, parts.topics);
    const { positions: store, group, logger, onRewind } = parts;
    if (store === undefined) return;
    const seek: RewinderParts['seek'] = async (place) => {
      this.#consumer.seek(place);
      // Or kafkajs, once it has read up to the group's offset again, takes that for committed: the position would stay behind.
      await this.#consumer.commitOffsets([place]);
    };
    this.#rewinder = new Rewinder({ connection, store, group, logger, seek, onRewind });
  }

  /** Resolves when the session is over: with the error that ended it, or null after `close`. */
  get ended(): Promise<Error | null> {
    return this.#ended.promise;
  }

  /** Joins the group and reads, each topic from its beginning where the group has no offset. */
  async start(): Promise<void> {
    const { CRASH, GROUP_JOIN } = this.#consumer.events;
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#crashed = true;
      this.#ended.resolve(payload.error);
    });
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#generation += 1;
      this.#rewinder?.begin(payload.memberAssignment);
      this.#parts.onJoin();
    });
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...this.#parts.topics], fromBeginning: true });
    this.#heartbeat = setInterval(() => {
      // While handlers work nobody else tells the broker that this member lives; a rebalance is met after the batch.
      if (this.#inFlight > 0) this.#payload?.heartbeat().catch(() => undefined);
    }, HEARTBEAT_MS);
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
  }

  pause(): void {
    this.#pauses.pauseAll();
  }

  resume(): void {
    this.#pauses.resumeAll();
  }

  /** Lets the batch in hand finish, commits, leaves the group and disconnects. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#pauses.clear();
    this.#rewinder?.end();
    // Stopping waits for the batches in hand and ends the membership: the commit must come between.
    while (this.#inFlight > 0) await this.#idle.wait();
    clearTimeout(this.#commitTimer);
    await this.#commit();
    clearInterval(this.#heartbeat);
    await this.#consumer.disconnect().catch((error: unknown) => {
      this.#parts.logger.debug({ err: error }, 'disconnecting');
    });
    this.#ended.resolve(null);
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    if (this.#closing) {
      // Until the consumer stops, it must not fetch the same records over and over.
      payload.pause();
      return;
    }
    this.#payload = payload;
    this.#inFlight += 1;
    try {
      await this.#handle(payload);
    } finally {
      this.#inFlight -= 1;
      this.#idle.call();
    }
  }

  async #handle(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    const generation = this.#generation;
    const isOver = (): boolean => this.#closing || !payload.isRunning() || generation !== this.#generation;
    await this.#rewinder?.ready();
    if (isOver() || this.#rewinder?.isAhead(topic, partition, payload.batch.firstOffset() ?? '0') === true)
      return;
    const records = messages.map((message) => toIncoming(topic, partition, message));
    for (const chunk of chunks(records, this.#parts.limits)) {
      if (isOver()) return;
      const outcomes = await this.#parts.gatherer.submit(chunk);
      // After a rebalance the partition may be another member's, and its position is what was committed.
      if (generation !== this.#generation) return;
      const back = outcomes.findIndex(({ kind }) => kind === 'retry');
      const last = chunk[(back < 0 ? chunk.length : back) - 1];
      if (last !== undefined) {
        payload.resolveOffset(last.offset);
        this.#commitSoon();
      }
      const outcome = outcomes[back];
      if (outcome?.kind === 'retry') {
        if (!this.#closing) this.#pauses.backOff(topic, partition, outcome.afterMs);
        return;
      }
    }
  }

  #commitSoon(): void {
    this.#commitTimer ??= setTimeout(() => {
      this.#commitTimer = undefined;
      void this.#commit();
    }, COMMIT_EVERY_MS);
  }

  /**
   * Commits what was handled, in the database first: its position is never behind the group's offset unless it was
   * restored. A failure is no loss: the next commit covers it, or the records come again.
   */
  async #commit(): Promise<void> {
    const payload = this.#payload;
    if (payload === undefined || this.#crashed) return;
    try {
      const offsets = payload.uncommittedOffsets();
      if (offsets.topics.length === 0) return;
      await this.#parts.positions?.save(this.#parts.group, offsets.topics.flatMap(positionsOf));
      crashPoint('before-offset-commit');
      await payload.commitOffsetsIfNecessary(offsets);
      crashPoint('after-offset-commit');
    } catch (error) {
      this.#parts.logger.debug({ err: error, group: this.#parts.group }, 'offsets not committed');
    }
  }
}

function positionsOf({ topic, partitions }: Offsets['topics'][number]): TopicPosition[] {
  return partitions.map(({ partition, offset }) => ({ topic, partition, next: BigInt(offset) }));
}

function fetchWait({ paceMs }: BatchLimits): Pick<ConsumerConfig, 'minBytes' | 'maxWaitTimeInMs'> {
  if (paceMs === 0) return { minBytes: 1, maxWaitTimeInMs: FETCH_WAIT_MS };
  return { minBytes: PACED_FETCH_BYTES, maxWaitTimeInMs: paceMs };
}

/** Cuts one partition's records into pieces that fit a batch. */
export function chunks(records: readonly IncomingRecord[], limits: BatchLimits): IncomingRecord[][] {
  const result: IncomingRecord[][] = [];
  let current: IncomingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytes(record);
    if (current.length > 0 && (current.length >= limits.records || bytes + size > limits.bytes)) {
      result.push(current);
      current = [];
      bytes = 0;
    }
    current.push(record);
    bytes += size;
  }
  if (current.length > 0) result.push(current);
  return result;
}
