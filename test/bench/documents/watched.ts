/** What a process of the network holds, as Linux counts it. */
import { kernelBytes } from '../kernel-bytes.ts';

/** Watches processes whose number may change: a node that was killed is started again under another one. */
export class Watched {
  readonly #pidOf: () => Promise<number>;
  #peak = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pidOf: () => Promise<number>) {
    this.#pidOf = pidOf;
  }

  /** Begins to look for the largest resident size, every so many milliseconds. */
  start(everyMs = 100): void {
    this.#peak = 0;
    this.#timer = setInterval(() => void this.#look(), everyMs);
  }

  /** The largest resident size since `start`, bytes. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await this.#look();
    return this.#peak;
  }

  async #look(): Promise<void> {
    const pid = await this.#pidOf().catch(() => 0);
    this.#peak = Math.max(this.#peak, kernelBytes(`/proc/${pid}/status`, 'VmRSS'));
  }
}
