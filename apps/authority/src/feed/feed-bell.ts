import { CommitBell, type BellListener, type UnitOfWork } from '#persistence';
import { FEED_CHANNEL } from './append-feed.ts';

/** Rings whenever a transaction has added to the feed: wakes the readers that wait. */
export class FeedBell {
  readonly #listener: BellListener;
  readonly #waiting = new Set<() => void>();
  #rings = 0;

  /** @param databaseUrl of the same database, for a connection that hears of other processes */
  constructor({ source }: Pick<UnitOfWork, 'source'>, databaseUrl: string) {
    this.#listener = CommitBell.of(source, FEED_CHANNEL).listener(databaseUrl, () => {
      this.#rings += 1;
      for (const wake of this.#waiting) wake();
    });
  }

  /** How often it has rung. To be looked at before reading, so that what comes meanwhile is not slept through. */
  get rings(): number {
    return this.#rings;
  }

  async open(): Promise<void> {
    await this.#listener.open();
  }

  async close(): Promise<void> {
    for (const wake of this.#waiting) wake();
    await this.#listener.close();
  }

  /**
   * Resolves once it has rung more than `heard` times, or after `timeoutMs` at the latest: a ring can be missed
   * (`CommitBell`).
   */
  wait(heard: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
      if (signal.aborted || this.#rings > heard) done();
    });
  }
}
