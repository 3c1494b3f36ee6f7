import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';

import { NotificationListener } from './notification-listener.ts';
import { UnitOfWork, type Tx } from './unit-of-work.ts';

/** What other processes are told gathers as long as this, milliseconds. What comes after a silence is told at once. */
const TELL_EVERY_MS = 200;

const OF_SOURCES = new WeakMap<DataSource, Map<string, CommitBell>>();

/** Somebody who listens; the same as the `NotificationListener` beneath it. */
export type BellListener = Pick<NotificationListener, 'open' | 'close'>;

/**
 * Rings when a transaction has committed what somebody waits for: in this process at once, in the others of the node by
 * `NOTIFY`, a few times a second, each a transaction of its own. PostgreSQL lets transactions that notify commit one after
 * the other, of all databases of a server, each with its own wait for the disk; one that changes nothing else does not wait
 * for it.
 *
 * It may be missed: by a process that loses its connection, by all if the outcome of a commit is never known, by others if
 * this process dies before it tells them. Whoever waits also looks by himself.
 */
export class CommitBell {
  readonly #work: UnitOfWork;
  readonly #channel: string;
  /** By this a process knows its own notifications. */
  readonly #teller = randomUUID();
  readonly #here = new Set<() => void>();
  #telling = false;
  #untold = false;

  private constructor(source: DataSource, channel: string) {
    this.#work = new UnitOfWork(source);
    this.#channel = channel;
  }

  /** The one of this process for a database. `channel` is a name of the code, never of a caller. */
  static of(source: DataSource, channel: string): CommitBell {
    const bells = OF_SOURCES.get(source) ?? new Map<string, CommitBell>();
    OF_SOURCES.set(source, bells);
    const bell = bells.get(channel) ?? new CommitBell(source, channel);
    bells.set(channel, bell);
    return bell;
  }

  /** Rings once the transaction is known to be committed; never otherwise. */
  ringAfter(tx: Tx): void {
    tx.afterCommit(() => {
      for (const heard of this.#here) heard();
      this.#untold = true;
      if (!this.#telling) void this.#tell();
    });
  }

  /**
   * Between `open` and `close`, `heard` is called for what this process and others commit, and once after each connect.
   * @param url the same database, for a connection that listens
   */
  listener(url: string, heard: () => void): BellListener {
    const others = new NotificationListener(url, this.#channel, (teller) => {
      if (teller !== this.#teller) heard();
    });
    return {
      open: async () => {
        this.#here.add(heard);
        await others.open();
      },
      close: async () => {
        this.#here.delete(heard);
        await others.close();
      },
    };
  }

  async #tell(): Promise<void> {
    this.#telling = true;
    while (this.#untold) {
      this.#untold = false;
      await this.#work
        .single((tx) => tx.prepared('select pg_notify($1, $2)', [this.#channel, this.#teller]))
        // They find it by themselves, and the next time they are told.
        .catch(() => undefined);
      await pause(TELL_EVERY_MS, undefined, { ref: false });
    }
    this.#telling = false;
  }
}
