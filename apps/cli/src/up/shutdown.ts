import type { Step } from './progress.ts';

/** What ends first: nodes, then what they stand on. */
const LAYERS = ['nodes', 'servers', 'guardian'] as const;
export type Layer = (typeof LAYERS)[number];

interface Running {
  readonly layer: Layer;
  readonly title: string;
  readonly stop: () => Promise<void>;
}

/** What runs and has to be stopped, in the right order, whenever that is asked. */
export class Shutdown {
  readonly #asked = new AbortController();
  readonly #running: Running[] = [];
  readonly #starting = new Set<Promise<unknown>>();

  /** Aborted when the network is to stop, with the reason. */
  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  ask(reason: string): void {
    this.#asked.abort(reason);
  }

  /**
   * Starts something that has to be stopped later; not at all once the end was asked for. What is ready only after that
   * is stopped at once.
   */
  async start<T extends { stop(): Promise<void> }>(
    layer: Layer,
    title: string,
    begin: () => Promise<T>,
  ): Promise<T> {
    this.signal.throwIfAborted();
    const starting = begin().then((started) => {
      this.#running.push({ layer, title, stop: () => started.stop() });
      return started;
    });
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
    }
  }

  /** Waits for what is still starting, but no longer than `ms`. */
  async settle(ms: number): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
    await Promise.race([Promise.allSettled([...this.#starting]), late]);
  }

  /** The steps that end everything, layer by layer. */
  steps(): Step[] {
    return LAYERS.flatMap((layer) => {
      const running = this.#running.filter((each) => each.layer === layer);
      if (running.length === 0) return [];
      const steps = running.map(({ title, stop }) => ({ title, run: stop }));
      return [{ title: `Stopping ${layer}`, steps, together: true }];
    });
  }
}
