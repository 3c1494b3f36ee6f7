import { Gauge, Counter } from 'prom-client';
import type { DataSource } from 'typeorm';

import { HubError } from '#errors';
import {
  Lease,
  markSent,
  NotificationListener,
  OUTBOX_CHANNEL,
  outboxBacklog,
  readUnsent,
  UnitOfWork,
  type OutboxBatchLimits,
  type StoredOutboxRecord,
  type Urgency,
} from '#persistence';
import { backoff, sharedAnswer, type Clock, type Logger, type Metrics } from '#platform';

import { BlockedTopics } from './blocked-topics.ts';
import type { MessageProducer } from './message-producer.ts';
import type { OutgoingRecord } from './record.ts';
import { Signal } from './signal.ts';

export const RELAY_LEASE = 'relay';
/** As sent, to every topic: an event with its decision has 12 KB for each of its readers. Half of what one request may have. */
const LIMITS: OutboxBatchLimits = { records: 256, bytes: 4 * 1024 * 1024 };
/** The net under LISTEN/NOTIFY. */
const POLL_MS = 1_000;
const PAUSE = { baseMs: 100, maxMs: 3_000 } as const;
/** How long what nobody waits for may wait for more of its kind, milliseconds. */
const SOON_MS = 200;
const SOON: Urgency = 'soon';

export interface RelaySettings {
  readonly source: DataSource;
  /** The same database, for a connection that listens. */
  readonly url: string;
  readonly producer: Pick<MessageProducer, 'send'>;
  /** Unique to this process: two instances of a node never share it. */
  readonly holder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly limits?: OutboxBatchLimits;
}

/**
 * Sends what transactions have put into the outbox, oldest first, in batches, one in flight; at least once. One
 * instance of a node works, by lease; another takes over when it goes silent. A process that was stopped and continued
 * finds its lease run out before it sends, and its epoch over before it marks.
 */
export class OutboxRelay {
  readonly #settings: RelaySettings;
  readonly #work: UnitOfWork;
  readonly #lease: Lease;
  readonly #listener: NotificationListener;
  readonly #sent: Counter;
  readonly #blocked: BlockedTopics;
  #error: HubError | null = null;
  #closed = false;
  #total = 0;
  readonly #appended = new Signal();
  readonly #closing = new Signal();
  #soon: NodeJS.Timeout | undefined;
  /** Ids of the batch that was sent last, while its mark is on its way. */
  #unmarked: readonly string[] = [];
  #marking: Promise<unknown> = Promise.resolve();
  #loop: Promise<void> = Promise.resolve();

  constructor(settings: RelaySettings) {
    this.#settings = settings;
    this.#work = new UnitOfWork(settings.source);
    this.#lease = new Lease(this.#work, { name: RELAY_LEASE, holder: settings.holder });
    this.#listener = new NotificationListener(settings.url, OUTBOX_CHANNEL, (urgency) => {
      if (urgency === SOON) this.#wakeSoon();
      else this.#appended.call();
    });
    this.#blocked = new BlockedTopics(settings.logger, settings.metrics);
    this.#sent = this.#measure();
  }

  /** What last kept it from sending, everything or to some topic; null while it can. */
  get error(): HubError | null {
    return this.#error ?? this.#blocked.error;
  }

  /** Records that this instance has sent and marked. */
  get sent(): number {
    return this.#total;
  }

  /** True while this instance is the one that sends. */
  get active(): boolean {
    return this.#lease.held;
  }

  /** Begins to work, in the background. */
  start(): void {
    void this.#listener.open();
    this.#loop = this.#run();
  }

  /** Finishes the batch in hand and gives the lease back. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#soon);
    this.#appended.call();
    this.#closing.call();
    await this.#loop;
    await this.#marked().catch(() => undefined);
    await this.#listener.close();
    await this.#lease.release().catch(() => undefined);
  }

  /**
   * Sends everything that is in the outbox now, and answers how many records that were. For tests, and for a node that
   * empties itself before it stops; not while `start` runs in the same process.
   * @throws HubError `LEASE_LOST` if another instance holds the lease, and whatever sending throws
   */
  async drain(): Promise<number> {
    if (!this.#lease.held && !(await this.#lease.acquire())) {
      throw new HubError('LEASE_LOST', `lease ${RELAY_LEASE} is held by another instance`);
    }
    for (let total = 0; ;) {
      const sent = await this.#relayBatch();
      if (sent === 0) return total;
      total += sent;
    }
  }

  async #run(): Promise<void> {
    for (let setbacks = 0; !this.#closed;) {
      try {
        const holds = this.#lease.held || (await this.#lease.acquire());
        const sent = holds ? await this.#relayBatch() : 0;
        setbacks = 0;
        this.#error = null;
        if (sent === 0) await this.#appended.wait(POLL_MS);
      } catch (error) {
        this.#failed(error);
        await this.#closing.wait(backoff(setbacks, PAUSE));
        setbacks += 1;
      }
    }
  }

  #wakeSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#appended.call();
    }, SOON_MS);
  }

  /**
   * Reads and sends one batch, and begins to mark it; answers its size. While the mark is written, the next batch is
   * read past it and sent: one send in flight, one mark. A crash between sending and marking sends it again, as it is.
   */
  async #relayBatch(): Promise<number> {
    const blocked = this.#blocked.now();
    const limits = this.#settings.limits ?? LIMITS;
    const rows = await this.#work.single((tx) => readUnsent(tx, limits, blocked, this.#unmarked));
    if (rows.length > 0 && !this.#lease.held)
      throw new HubError('LEASE_LOST', `lease ${RELAY_LEASE} ran out before sending`);
    const sent = rows.length > 0 ? await this.#send(rows) : [];
    await this.#marked();
    if (sent.length > 0) this.#mark(sent);
    return sent.length;
  }

  #mark(sent: readonly StoredOutboxRecord[]): void {
    this.#unmarked = sent.map(({ id }) => id);
    this.#marking = this.#work
      .run(async (tx) => {
        await this.#lease.fenced(tx);
        await markSent(tx, sent);
      })
      .then(() => {
        this.#sent.inc(sent.length);
        this.#total += sent.length;
      });
    // Whoever waits for the mark hears of it.
    this.#marking.catch(() => undefined);
  }

  /** Waits for the mark. One that failed is over: its records are read and sent again. */
  async #marked(): Promise<void> {
    try {
      await this.#marking;
    } finally {
      this.#marking = Promise.resolve();
      this.#unmarked = [];
    }
  }

  /** Sends rows in one go; answers those that reached all their topics: all, unless the broker has none of some topic. */
  async #send(rows: readonly StoredOutboxRecord[]): Promise<readonly StoredOutboxRecord[]> {
    try {
      await this.#settings.producer.send(rows.flatMap(expand));
      this.#blocked.passed(rows.flatMap(({ topics }) => topics));
      return rows;
    } catch (error) {
      if (!isOfOneTopic(error)) throw error;
      return this.#sendApart(rows);
    }
  }

  /**
   * One topic is refused or unknown: finds out which, by sending to each alone, and lets the others have their records,
   * but for those behind a record that stays, under the same key.
   */
  async #sendApart(rows: readonly StoredOutboxRecord[]): Promise<readonly StoredOutboxRecord[]> {
    const failed = new Set<string>();
    for (const topic of this.#blocked.suspectsFirst(new Set(rows.flatMap(({ topics }) => topics)))) {
      const records = passing(rows, failed)
        .flatMap(expand)
        .filter((record) => record.topic === topic);
      if (records.length === 0) continue;
      try {
        await this.#settings.producer.send(records);
        this.#blocked.passed([topic]);
      } catch (error) {
        if (!isOfOneTopic(error)) throw error;
        failed.add(topic);
        this.#blocked.add(topic, error);
      }
    }
    return passing(rows, failed);
  }

  #failed(error: unknown): void {
    const code = error instanceof HubError ? error.code : 'unknown';
    this.#error =
      error instanceof HubError ? error : new HubError('BROKER_UNAVAILABLE', String(error), { cause: error });
    if (code !== 'LEASE_LOST') this.#settings.logger.warn({ err: error }, 'the relay was interrupted');
  }

  #measure(): Counter {
    const { metrics, clock } = this.#settings;
    const registers = [metrics];
    // A database that is away has its own alarm; the scrape goes on without these figures.
    const look = sharedAnswer(() => this.#work.run(outboxBacklog).catch(() => undefined));
    new Gauge({
      name: 'outbox_unsent_records',
      help: 'Records that wait in the outbox.',
      registers,
      async collect() {
        const backlog = await look();
        this.set(backlog?.unsent ?? Number.NaN);
      },
    });
    new Gauge({
      name: 'outbox_oldest_unsent_age_seconds',
      help: 'For how long the oldest record of the outbox has been waiting; 0 when none is.',
      registers,
      async collect() {
        const backlog = await look();
        const oldest = backlog?.oldest ?? clock.now();
        const age = (clock.now().getTime() - oldest.getTime()) / 1000;
        this.set(backlog === undefined ? Number.NaN : Math.max(0, age));
      },
    });
    return new Counter({ name: 'outbox_sent_records_total', help: 'Records sent and marked.', registers });
  }
}

const OF_ONE_TOPIC: ReadonlySet<string> = new Set(['BROKER_REFUSED', 'TOPIC_UNKNOWN']);

function isOfOneTopic(error: unknown): error is HubError {
  return error instanceof HubError && OF_ONE_TOPIC.has(error.code);
}

/** Rows for none of these topics, and behind no row for one of them under the same key. */
function passing(rows: readonly StoredOutboxRecord[], failed: ReadonlySet<string>): StoredOutboxRecord[] {
  const held = new Set<string>();
  return rows.filter(({ topics, key }) => {
    const stays = topics.some((topic) => failed.has(topic)) || (key !== null && held.has(key));
    if (stays && key !== null) held.add(key);
    return !stays;
  });
}

function expand(row: StoredOutboxRecord): OutgoingRecord[] {
  const { topics, key, value, headers } = row;
  return topics.map((topic) => ({ topic, key, value, headers }));
}
