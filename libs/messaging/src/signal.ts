/** Wakes the one who waits. A call that comes while nobody waits is remembered: the next wait ends at once. */
export class Signal {
  #called = Promise.withResolvers<undefined>();

  call(): void {
    this.#called.resolve(undefined);
  }

  /** Resolves at the next call (or at once after one), or after `ms` milliseconds. */
  async wait(ms?: number): Promise<void> {
    if (ms === undefined) {
      await this.#called.promise;
    } else {
      const late = Promise.withResolvers<undefined>();
      const timer = setTimeout(late.resolve, ms, undefined);
      await Promise.race([late.promise, this.#called.promise]);
      clearTimeout(timer);
    }
    this.#called = Promise.withResolvers();
  }
}
