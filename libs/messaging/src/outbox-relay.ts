import type { Counter } from 'prom-client';
import type { DataSource } from 'typeorm';

import { HubError } from '#errors';
import {
  Lease,
  markSentFenced,
  NotificationListener,
  OUTBOX_CHANNEL,
  OutboxHandover,
  readRecords,
  UnitOfWork,
  unsentRows,
  type OutboxBatchLimits,
  type StoredOutboxRecord,
  type UnsentRow,
  type Urgency,
} from '#persistence';
import { backoff, crashPoint, type Clock, type Logger, type Metrics } from '#platform';

import { BlockedTopics } from './blocked-topics.ts';
import type { MessageProducer } from './message-producer.ts';
import { measureOutbox } from './outbox-metrics.ts';
import type { OutgoingRecord } from './record.ts';
import { Signal } from './signal.ts';

export const RELAY_LEASE = 'relay';
/** As sent, to every topic: an event with its decision has 12 KB for each of its readers. Half of what one request may have. */
const LIMITS: OutboxBatchLimits = { records: 256, bytes: 4 * 1024 * 1024 };
/** The net under what wakes it. */
const POLL_MS = 1_000;
const PAUSE = { baseMs: 100, maxMs: 3_000 } as const;
/** How long what nobody waits for may wait for more of its kind, milliseconds. */
const SOON_MS = 200;
const SOON: Urgency = 'soon';

/** What became of one batch. */
interface Relayed {
  readonly sent: number;
  /** Whether to look again without having been told that there is more. */
  readonly mayBeMore: boolean;
}

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
  readonly #handover: OutboxHandover;
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
    this.#handover = OutboxHandover.of(settings.source);
    this.#lease = new Lease(this.#work, { name: RELAY_LEASE, holder: settings.holder });
    this.#listener = new NotificationListener(settings.url, OUTBOX_CHANNEL, this.#wake);
    this.#blocked = new BlockedTopics(settings.logger, settings.metrics);
    this.#sent = measureOutbox(settings.metrics, {
      work: this.#work,
      clock: settings.clock,
      failing: () => this.#error !== null,
    });
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
    this.#forgetSoon();
    this.#appended.call();
    this.#closing.call();
    await this.#loop;
    await this.#marked().catch(() => undefined);
    this.#handover.close();
    await this.#listener.close();
    await this.#lease.release().catch(() => undefined);
  }

  /**
   * Sends everything that is in the outbox now, and answers how many records that were. For tests, and for a node that
   * empties itself before it stops; not while `start` runs in the same process.
   * @throws HubError `LEASE_LOST` if another instance holds the lease, and whatever sending throws
   */
  async drain(): Promise<number> {
    if (!(await this.#holdsLease())) {
      throw new HubError('LEASE_LOST', `lease ${RELAY_LEASE} is held by another instance`);
    }
    for (let total = 0; ;) {
      const { sent } = await this.#relayBatch();
      if (sent === 0) return total;
      total += sent;
    }
  }

  async #run(): Promise<void> {
    for (let setbacks = 0; !this.#closed;) {
      try {
        const mayBeMore = (await this.#holdsLease()) && (await this.#relayBatch()).mayBeMore;
        setbacks = 0;
        this.#error = null;
        // What was appended since it looked has called, and ends the wait at once.
        if (!mayBeMore) await this.#appended.wait(POLL_MS);
      } catch (error) {
        this.#failed(error);
        await this.#closing.wait(backoff(setbacks, PAUSE));
        setbacks += 1;
      }
    }
  }

  async #holdsLease(): Promise<boolean> {
    const holds = this.#lease.held || (await this.#lease.acquire());
    if (holds) this.#handover.open(this.#wake);
    else this.#handover.close();
    return holds;
  }

  /** @param urgency of what was appended; anything else than `soon`: at once */
  readonly #wake = (urgency: string): void => {
    if (urgency === SOON) this.#wakeSoon();
    else this.#appended.call();
  };

  #wakeSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#appended.call();
    }, SOON_MS);
  }

  #forgetSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
  }

  /**
   * Reads and sends one batch, and begins to mark it. While the mark is written, the next batch is
   * read past it and sent: one send in flight, one mark. A crash between sending and marking sends it again, as it is.
   */
  async #relayBatch(): Promise<Relayed> {
    const { rows, more } = await this.#unsent();
    if (rows.length > 0 && !this.#lease.held)
      throw new HubError('LEASE_LOST', `lease ${RELAY_LEASE} ran out before sending`);
    const sent = rows.length > 0 ? await this.#send(rows) : [];
    await this.#marked();
    if (sent.length > 0) this.#mark(sent);
    return { sent: sent.length, mayBeMore: sent.length > 0 && (more || sent.length < rows.length) };
  }

  /** Asks the database which records are to be sent, and for those of them that this process does not hold. */
  async #unsent(): Promise<{ readonly rows: readonly StoredOutboxRecord[]; readonly more: boolean }> {
    const limits = this.#settings.limits ?? LIMITS;
    // What has waited for more of its kind is found now, with what is urgent.
    this.#forgetSoon();
    const { rows, more } = await this.#work.single((tx) =>
      unsentRows(tx, limits, this.#blocked.now(), this.#unmarked),
    );
    const read = (missing: readonly UnsentRow[]): Promise<StoredOutboxRecord[]> =>
      this.#work.single((tx) => readRecords(tx, missing));
    return { rows: await this.#handover.recordsOf(rows, read), more };
  }

  #mark(sent: readonly StoredOutboxRecord[]): void {
    this.#handover.forget(sent.map(({ ref }) => ref));
    this.#unmarked = sent.map(({ id }) => id);
    crashPoint('before-commit');
    this.#marking = this.#lease
      .fencedSingle((fence) => this.#work.single((tx) => markSentFenced(tx, sent, fence)))
      .then(() => {
        crashPoint('after-commit');
        this.#unmarked = [];
        this.#sent.inc(sent.length);
        this.#total += sent.length;
      });
    // Whoever waits for the mark hears of it: the next batch, which must not wait for something to send.
    this.#marking.catch(() => {
      this.#appended.call();
    });
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
