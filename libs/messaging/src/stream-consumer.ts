import { HubError } from '#errors';
import { backoff, Gatherer, type BatchLimits, type Logger } from '#platform';

import { DEFAULT_BATCH_LIMITS } from './batch-limits.ts';
import { IsolatingHandler, type BatchHandler, type PoisonHandler } from './isolating-handler.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { kafkaError } from './kafka-error.ts';
import type { Outcome } from './outcome.ts';
import type { PositionStore } from './find-rewinds.ts';
import { recordBytes, type IncomingRecord } from './record.ts';
import { Signal } from './signal.ts';
import type { StreamMetrics } from './stream-metrics.ts';
import { StreamSession } from './stream-session.ts';

const PAUSE = { baseMs: 200, maxMs: 3_000 } as const;

/** A stream of records that one handler takes. */
export interface StreamSettings {
  /** The name that `@StreamHandler` gives. */
  readonly stream: string;
  /** What to read; a function is asked at the start and at each `refresh`. None is no fault: the stream waits. */
  readonly topics: readonly string[] | (() => readonly string[]);
  /** Consumer group, used exactly as given: `<holder>.<stream>`. */
  readonly group: string;
  readonly limits?: Partial<BatchLimits>;
}

/**
 * `waiting`: it has no topics. `connecting`: it is not a member of its group (yet, or any more) and tries. `reading`: it
 * is. `paused`: an operator asked. `refused`: it will not go on by itself, `error` says why. `closed`: it was closed.
 */
export type StreamState = 'waiting' | 'connecting' | 'reading' | 'paused' | 'refused' | 'closed';

export interface StreamStatus {
  readonly stream: string;
  readonly group: string;
  readonly topics: readonly string[];
  readonly state: StreamState;
  /** What last kept it from reading; null once it reads. */
  readonly error: HubError | null;
}

/** Records of a partition that the group has not handled yet. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first record that the group has not handled. */
  readonly position: bigint;
  readonly lag: bigint;
}

export interface StreamParts {
  readonly connection: KafkaConnection;
  readonly handler: BatchHandler;
  readonly onPoison: PoisonHandler;
  readonly metrics: StreamMetrics;
  readonly logger: Logger;
  /** The positions that the database keeps beside the effects; with them, a restored database is taken back to its own. */
  readonly positions?: PositionStore;
}

/**
 * Keeps a stream read, session after session: a broker that is away is waited for, a session that ended with an error
 * is followed by another. Only a position that the topic no longer holds ends it: going on would hide a loss.
 */
export class StreamConsumer {
  readonly #settings: StreamSettings;
  readonly #parts: StreamParts;
  readonly #limits: BatchLimits;
  readonly #handler: IsolatingHandler;
  readonly #gatherer: Gatherer<IncomingRecord, Outcome>;
  #session: StreamSession | undefined;
  #state: StreamState = 'connecting';
  #error: HubError | null = null;
  #topics: readonly string[] = [];
  #paused = false;
  #closed = false;
  readonly #wake = new Signal();
  #loop: Promise<void> = Promise.resolve();

  constructor(settings: StreamSettings, parts: StreamParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#limits = { ...DEFAULT_BATCH_LIMITS, ...settings.limits };
    this.#handler = new IsolatingHandler(parts.handler, parts.onPoison, (error, record) => {
      this.#handlingFailed(error, record);
    });
    this.#gatherer = new Gatherer<IncomingRecord, Outcome>(this.#limits, recordBytes, (records) =>
      this.#handle(records),
    );
  }

  get status(): StreamStatus {
    const { stream, group } = this.#settings;
    const state = this.#state === 'reading' && this.#paused ? 'paused' : this.#state;
    return { stream, group, topics: this.#topics, state, error: this.#error };
  }

  /** Begins to read, in the background. */
  start(): void {
    this.#parts.metrics.begin(this.#settings.stream);
    this.#loop = this.#run();
  }

  /** Stops fetching until `resume`; the member stays in its group. */
  pause(): void {
    this.#paused = true;
    this.#session?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#session?.resume();
  }

  /** Asks for the topics again; if they have changed, leaves the group and joins it with the new ones. */
  async refresh(): Promise<void> {
    const topics = this.#wantedTopics();
    if (this.#closed || this.#state === 'refused' || topics.join() === this.#topics.join()) return;
    await this.#session?.close();
    this.#wake.call();
  }

  /** Leaves its group and joins it anew, to go on where its database says by then. */
  async again(): Promise<void> {
    await this.#session?.close();
  }

  /**
   * How far the group is behind in each partition of its topics, by committed offsets.
   * @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED`
   */
  async lag(): Promise<PartitionLag[]> {
    const { connection } = this.#parts;
    const perTopic = this.#topics.map(async (topic) => {
      const committed = await connection.committed(this.#settings.group, topic);
      const ranges = await connection.ranges(topic);
      return ranges.map(({ partition, low, high }) => {
        const position = committed.get(partition) ?? low;
        return { topic, partition, position, lag: high > position ? high - position : 0n };
      });
    });
    return (await Promise.all(perTopic)).flat();
  }

  /** Lets the batch in hand finish, commits and leaves the group. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#session?.close();
    this.#wake.call();
    await this.#loop;
    this.#state = 'closed';
  }

  async #run(): Promise<void> {
    for (let setbacks = 0; !this.#closed;) {
      this.#topics = this.#wantedTopics();
      if (this.#topics.length === 0) {
        this.#state = 'waiting';
        await this.#wake.wait();
        continue;
      }
      this.#state = 'connecting';
      const error = await this.#readUntilEnd(() => (setbacks = 0));
      this.#parts.metrics.running.set({ stream: this.#settings.stream }, 0);
      if (error === null) continue;
      this.#fail(error);
      if (error.code === 'OFFSET_OUT_OF_RANGE') {
        this.#state = 'refused';
        return;
      }
      await this.#wake.wait(backoff(setbacks, PAUSE));
      setbacks += 1;
    }
  }

  /** One session. Null if it was closed on purpose. */
  async #readUntilEnd(onJoin: () => void): Promise<HubError | null> {
    const { connection, logger } = this.#parts;
    const session = new StreamSession(connection, {
      group: this.#settings.group,
      topics: this.#topics,
      limits: this.#limits,
      gatherer: this.#gatherer,
      logger,
      positions: this.#parts.positions,
      onRewind: () => {
        this.#parts.metrics.rewinds.inc({ stream: this.#settings.stream });
      },
      onJoin: () => {
        onJoin();
        this.#joined();
      },
    });
    this.#session = session;
    try {
      await session.start();
      if (this.#paused) session.pause();
      const ended = await session.ended;
      return ended === null ? null : kafkaError(ended, `reading as ${this.#settings.group}`);
    } catch (cause) {
      return this.#closed ? null : kafkaError(cause, `reading as ${this.#settings.group}`);
    } finally {
      this.#session = undefined;
      await session.close();
    }
  }

  #joined(): void {
    this.#handler.reset();
    this.#state = 'reading';
    this.#error = null;
    this.#parts.metrics.running.set({ stream: this.#settings.stream }, 1);
  }

  async #handle(records: readonly IncomingRecord[]): Promise<readonly Outcome[]> {
    const { metrics } = this.#parts;
    const { stream } = this.#settings;
    metrics.batch.observe({ stream }, records.length);
    const outcomes = await this.#handler.handle(records);
    for (const { kind } of outcomes) metrics.records.inc({ stream, outcome: kind });
    return outcomes;
  }

  #handlingFailed(error: unknown, record: IncomingRecord | null): void {
    const { stream } = this.#settings;
    const code = error instanceof HubError ? error.code : 'HANDLER_FAILED';
    this.#parts.metrics.failures.inc({ stream, code });
    const place =
      record === null ? {} : { topic: record.topic, partition: record.partition, offset: record.offset };
    this.#parts.logger.warn({ err: error, stream, ...place }, 'a handler failed');
  }

  #fail(error: HubError): void {
    const { stream, group } = this.#settings;
    this.#error = error;
    this.#parts.metrics.failures.inc({ stream, code: error.code });
    this.#parts.logger.error({ err: error, stream, group }, 'a stream was interrupted');
  }

  #wantedTopics(): readonly string[] {
    const { topics } = this.#settings;
    return [...new Set(typeof topics === 'function' ? topics() : topics)].sort();
  }
}
