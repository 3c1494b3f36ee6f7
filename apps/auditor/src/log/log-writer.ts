import { HubError } from '#errors';
import { CommitBell, Lease, type BellListener, type Tx, type UnitOfWork } from '#persistence';
import { backoff, crashPoint, rest, type Logger } from '#platform';
import type { NoteSigner } from '#tlog';
import { checkLogKey } from './checkpoints.ts';
import { integrate, MAX_LEAVES } from './integrate.ts';
import { LOG_CHANNEL } from './log-channel.ts';

/** Name of the lease under which the log is written. */
export const LOG_LEASE = 'log';
/** The net under the bell, and how often an instance that stands by asks for the lease. */
const POLL_MS = 1_000;
/** What arrives together is published together, milliseconds. */
const GATHER_MS = 20;
/**
 * Checkpoints come no closer than this, milliseconds, while they have few leaves: nobody waits for a leaf, and a checkpoint
 * costs its transaction and its signature whether it is of one leaf or of a thousand.
 */
const PACE_MS = 200;
/** Of more leaves than the one, the next checkpoint comes sooner; of as many as the other, at once: it pays for itself. */
const LEAVES = { few: 128, many: 256 } as const;
const PAUSE = { baseMs: 100, maxMs: 5_000 } as const;

export interface LogWriterSettings {
  readonly work: UnitOfWork;
  /** The same database, for a connection that listens. */
  readonly url: string;
  /** Unique to this process: two instances never share it. */
  readonly holder: string;
  readonly signer: NoteSigner;
  readonly logger: Logger;
  readonly leaseTtlMs?: number;
  /**
   * Asked in each epoch before anything is written. What it throws keeps the log from growing, and the lease with this
   * instance: another one may not know better.
   */
  readonly mayWrite?: (tx: Tx) => Promise<void>;
  /** Asked before each batch, in its transaction; throws what the log has to be stopped for. */
  readonly permit?: (tx: Tx) => Promise<void>;
}

/**
 * Grows the log: one instance at a time, by lease; the others stand by and take over when it goes silent. Each
 * transaction is conditional on the lease's epoch, so a writer that was stopped and continued changes nothing.
 */
export class LogWriter {
  readonly #settings: LogWriterSettings;
  readonly #lease: Lease;
  readonly #listener: BellListener;
  readonly #closing = new AbortController();
  #ring = new AbortController();
  /** In which it was found that this instance may write. */
  #cleared: string | null = null;
  /** The checkpoint published last, by this instance. */
  #wrote = { at: -Infinity, leaves: 0 };
  #error: HubError | null = null;
  #loop: Promise<void> = Promise.resolve();

  private constructor(settings: LogWriterSettings) {
    this.#settings = settings;
    const { work, holder, leaseTtlMs } = settings;
    this.#lease = new Lease(work, {
      name: LOG_LEASE,
      holder,
      ...(leaseTtlMs === undefined ? {} : { ttlMs: leaseTtlMs }),
    });
    this.#listener = CommitBell.of(work.source, LOG_CHANNEL).listener(settings.url, () => {
      this.#ring.abort();
    });
  }

  /** @throws HubError `LOG_KEY_NOT_OF_LOG` if the database holds a log with another origin or key */
  static async open(settings: LogWriterSettings): Promise<LogWriter> {
    await settings.work.run((tx) => checkLogKey(tx, settings.signer));
    return new LogWriter(settings);
  }

  /** Unique to this process. */
  get holder(): string {
    return this.#settings.holder;
  }

  /** True while this instance is the one that writes. */
  get active(): boolean {
    return this.#lease.held;
  }

  /** Makes a transaction conditional on this instance's epoch. @throws HubError `LEASE_LOST` */
  fenced(tx: Tx): Promise<void> {
    return this.#lease.fenced(tx);
  }

  /** What last kept it from writing; null while nothing does. */
  get error(): HubError | null {
    return this.#error;
  }

  /** Begins to work, in the background. */
  start(): void {
    void this.#listener.open();
    this.#loop = this.#run();
  }

  /** Finishes the batch in hand and gives the lease back. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#ring.abort();
    await this.#loop;
    await this.#listener.close();
    await this.#lease.release().catch(() => undefined);
  }

  /**
   * One batch under the lease.
   * @returns how many leaves were added
   * @throws HubError `LEASE_LOST`, those of `permit`, `mayWrite` and `integrate`
   */
  async #write(): Promise<number> {
    const { work, signer, permit, mayWrite } = this.#settings;
    const added = await work.run(async (tx) => {
      await Promise.all([this.#lease.fenced(tx), permit?.(tx)]);
      if (this.#lease.epoch !== this.#cleared) await mayWrite?.(tx);
      return integrate(tx, signer);
    });
    this.#cleared = this.#lease.epoch;
    if (added > 0) {
      crashPoint('log-committed');
      this.#wrote = { at: performance.now(), leaves: added };
    }
    return added;
  }

  async #acquire(): Promise<boolean> {
    crashPoint('log-lease');
    return await this.#lease.acquire();
  }

  async #run(): Promise<void> {
    for (let setbacks = 0; !this.#closing.signal.aborted;) {
      try {
        const holds = this.#lease.held || (await this.#acquire());
        const added = holds ? await this.#write() : 0;
        setbacks = 0;
        this.#error = null;
        if (added < MAX_LEAVES) await this.#rest(holds);
      } catch (error) {
        this.#failed(error);
        await rest(backoff(setbacks, PAUSE), this.#closing.signal);
        setbacks += 1;
      }
    }
  }

  /** A writer wakes when entries wait, and lets more of them come; an instance that stands by only asks for the lease, in its own time. */
  async #rest(writes: boolean): Promise<void> {
    if (!writes) {
      await rest(POLL_MS, this.#closing.signal);
      return;
    }
    await rest(POLL_MS, this.#ring.signal);
    this.#ring = new AbortController();
    const { at, leaves } = this.#wrote;
    if (leaves >= LEAVES.many) return;
    const pace = PACE_MS * Math.min(1, (LEAVES.many - leaves) / (LEAVES.many - LEAVES.few));
    await rest(Math.max(GATHER_MS, at + pace - performance.now()), this.#closing.signal);
  }

  #failed(error: unknown): void {
    this.#error =
      error instanceof HubError
        ? error
        : new HubError('LOG_STATE_DAMAGED', 'the log cannot be written', { cause: error });
    if (this.#error.code === 'LEASE_LOST') return;
    this.#settings.logger.error({ err: error }, 'the log was interrupted');
  }
}
