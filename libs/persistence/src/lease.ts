import { HubError } from '#errors';

import type { Tx, UnitOfWork } from './unit-of-work.ts';

/** A second instance takes over at most this long after the first has gone silent. */
export const LEASE_TTL_MS = 6_000;
/** Trusted for less than it lasts: what was begun just before the end still ends within it. */
const SAFETY_MS = 1_000;
/**
 * A holder that is stopped within a guarded transaction keeps the lease's row; the server ends such a transaction after
 * this time, so that another takes over within 10 s. Milliseconds.
 */
const IDLE_IN_TRANSACTION_MS = 3_000;

export interface LeaseSettings {
  /** What is held, e.g. `relay`. */
  readonly name: string;
  /** Who holds it: unique to the process, not to the node. */
  readonly holder: string;
  readonly ttlMs?: number;
}

/** What a write that must not come from a holder of the past is conditional on. */
export interface Fence {
  readonly lease: string;
  readonly epoch: string;
}

/**
 * The right to write alone, held by one process at a time, in epochs. Time is the database's clock in the table and
 * the process's monotonic clock here, so a wrong wall clock on a node changes nothing.
 */
export class Lease {
  readonly #work: UnitOfWork;
  readonly #name: string;
  readonly #holder: string;
  readonly #ttlMs: number;
  #epoch: string | null = null;
  #trustedUntil = 0;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(work: UnitOfWork, settings: LeaseSettings) {
    this.#work = work;
    this.#name = settings.name;
    this.#holder = settings.holder;
    this.#ttlMs = settings.ttlMs ?? LEASE_TTL_MS;
  }

  /** The epoch held, as text of a 64-bit number; null while nothing is held. */
  get epoch(): string | null {
    return this.#epoch;
  }

  /**
   * True while nobody else can hold it, by this process's monotonic clock: ask right before an effect outside the
   * database (a send). A process that was stopped and continued finds it false.
   */
  get held(): boolean {
    return this.#epoch !== null && performance.now() < this.#trustedUntil;
  }

  /** Takes the lease if it is free, expired, or this holder's own; starts a new epoch and its heartbeat. */
  async acquire(): Promise<boolean> {
    const asked = performance.now();
    const rows = await this.#work.run((tx) =>
      tx.query<{ epoch: string }>(
        `insert into lease (name, holder, epoch, expires_at)
         values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
         on conflict (name) do update set holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at
         where lease.expires_at < clock_timestamp() or lease.holder = excluded.holder
         returning epoch`,
        [this.#name, this.#holder, this.#ttlMs / 1000],
      ),
    );
    const epoch = rows[0]?.epoch ?? null;
    this.#take(epoch, asked);
    if (epoch !== null) this.#startHeartbeat();
    return epoch !== null;
  }

  /**
   * Prolongs the lease. The heartbeat does it by itself, every third of its time.
   * @throws HubError `LEASE_LOST` if another process has taken it
   */
  async renew(): Promise<void> {
    const asked = performance.now();
    const epoch = this.#required();
    const rows = await this.#work.run((tx) =>
      tx.query(
        `update lease set expires_at = clock_timestamp() + make_interval(secs => $3)
         where name = $1 and epoch = $2 returning epoch`,
        [this.#name, epoch, this.#ttlMs / 1000],
      ),
    );
    if (rows.length === 0) {
      this.#drop();
      throw this.#lost(epoch);
    }
    if (this.#epoch === epoch) this.#take(epoch, asked);
  }

  /** Gives the lease back at once, if it is still held. The next holder starts a new epoch. */
  async release(): Promise<void> {
    const epoch = this.#epoch;
    this.#drop();
    if (epoch === null) return;
    await this.#work.run((tx) =>
      tx.query("update lease set expires_at = '-infinity' where name = $1 and epoch = $2", [
        this.#name,
        epoch,
      ]),
    );
  }

  /**
   * Makes this transaction conditional on the epoch: nobody can take the lease over before the transaction ends, which it
   * does at the latest when the holder has been silent in it for 3 s.
   * Call it first in every transaction whose effect must not come from a holder of the past.
   * @throws HubError `LEASE_LOST` if the epoch is over
   */
  async fenced(tx: Tx): Promise<void> {
    const epoch = this.#required();
    const rows = await tx.prepared(
      `select set_config('idle_in_transaction_session_timeout', $3, true)
       from lease where name = $1 and epoch = $2 for share`,
      [this.#name, epoch, String(IDLE_IN_TRANSACTION_MS)],
    );
    if (rows.length > 0) return;
    this.#drop();
    throw this.#lost(epoch);
  }

  /**
   * The same for one statement that is its own transaction: it takes the lease's row `for share` itself, with the epoch as
   * condition, and does nothing without it.
   * @param write runs the statement, and says whether it found the lease
   * @throws HubError `LEASE_LOST` if the epoch is over
   */
  async fencedSingle(write: (fence: Fence) => Promise<boolean>): Promise<void> {
    const epoch = this.#required();
    if (await write({ lease: this.#name, epoch })) return;
    this.#drop();
    throw this.#lost(epoch);
  }

  #take(epoch: string | null, asked: number): void {
    this.#epoch = epoch;
    this.#trustedUntil = epoch === null ? 0 : asked + this.#ttlMs - Math.min(SAFETY_MS, this.#ttlMs / 3);
  }

  #drop(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#take(null, 0);
  }

  #startHeartbeat(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      // A failure shows by itself: the lease is not held any more, or its time runs out.
      if (this.#epoch !== null) this.renew().catch(() => undefined);
    }, this.#ttlMs / 3);
    this.#heartbeat.unref();
  }

  #required(): string {
    if (this.#epoch === null) throw this.#lost('none');
    return this.#epoch;
  }

  #lost(epoch: string): HubError {
    return new HubError('LEASE_LOST', `lease ${this.#name} is not held (epoch ${epoch})`, {
      details: { lease: this.#name, epoch },
    });
  }
}
