import { Signal } from './signal.ts';

/** Hands one thing at a time from a giver, which waits until it is used up, to one taker. */
export class Exchange<T> {
  #offered: { readonly item: T; readonly taken: () => void } | undefined;
  #error: Error | undefined;
  #ended = false;
  readonly #changed = new Signal();

  /** Offers a thing and waits until the taker has used it up (or the exchange has ended). */
  async give(item: T): Promise<void> {
    if (this.#ended) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const taken = (): void => {
      resolve(undefined);
    };
    this.#offered = { item, taken };
    this.#changed.call();
    await promise;
  }

  /** The next thing; undefined at the end. Throws what `fail` was told. */
  async take(): Promise<T | undefined> {
    for (;;) {
      if (this.ended()) return undefined;
      if (this.#error !== undefined) throw this.#error;
      if (this.#offered !== undefined) return this.#offered.item;
      await this.#changed.wait();
    }
  }

  /** The thing taken last is used up: its giver may go on. */
  taken(): void {
    const offered = this.#offered;
    this.#offered = undefined;
    offered?.taken();
  }

  fail(error: Error): void {
    this.#error = error;
    this.#changed.call();
  }

  end(): void {
    this.#ended = true;
    this.#changed.call();
  }

  ended(): boolean {
    return this.#ended;
  }

  /** Lets a waiting giver go and forgets the failure. */
  clear(): void {
    this.taken();
    this.#error = undefined;
  }

  /** Waits `ms` milliseconds, or until the exchange ends. */
  async pause(ms: number): Promise<void> {
    if (!this.ended()) await this.#changed.wait(ms);
  }
}
