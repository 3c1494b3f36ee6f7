import type { RegistryVersion } from '#contracts';

export type ChangeListener = (version: RegistryVersion) => void;

/** Those who want to know of each new version, and those who wait for a certain one. */
export class ChangeWaiters {
  readonly #listeners = new Set<ChangeListener>();

  /** Calls `listener` after each adopted entry, until the returned function is called. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  announce(version: RegistryVersion): void {
    for (const listener of [...this.#listeners]) listener(version);
  }

  /** Resolves to true once entry `number` is announced, to false after `timeoutMs`. */
  async waitFor(number: number, timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const stop = this.onChange((version) => {
      if (version.number >= number) resolve(true);
    });
    const timer = setTimeout(() => {
      resolve(false);
    }, timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }
}
