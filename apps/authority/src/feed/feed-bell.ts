import { NotificationListener } from '#persistence';
import { FEED_CHANNEL } from './append-feed.ts';

/** Rings whenever a transaction has added to the feed: wakes the readers that wait. */
export class FeedBell {
  readonly #listener: NotificationListener;
  readonly #waiting = new Set<() => void>();

  constructor(databaseUrl: string) {
    this.#listener = new NotificationListener(databaseUrl, FEED_CHANNEL, () => {
      for (const wake of this.#waiting) wake();
    });
  }

  async open(): Promise<void> {
    await this.#listener.open();
  }

  async close(): Promise<void> {
    for (const wake of this.#waiting) wake();
    await this.#listener.close();
  }

  /** Resolves at the next ring, or after `timeoutMs` at the latest: a notification can be lost with its connection. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
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
      if (signal.aborted) done();
    });
  }
}
