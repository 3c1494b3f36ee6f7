export interface HealingOptions<Gap> {
  /** Gaps that are due, claimed for this process for a while: at most `limit`. */
  readonly claim: (limit: number) => Promise<readonly Gap[]>;
  /** Has each of them asked for, and notes what came of it. */
  readonly heal: (gap: Gap, signal: AbortSignal) => Promise<void>;
  /** Told of what neither is expected to throw; the loop goes on. */
  readonly failed: (error: unknown) => void;
  /** How often to look for gaps that are due, milliseconds. */
  readonly pollMs: number;
  /** Gaps at a time. */
  readonly atOnce: number;
}

/** Looks for gaps again and again, and has them healed, until it is closed. One failure stops nothing. */
export class HealingLoop<Gap> {
  readonly #options: HealingOptions<Gap>;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #rouse: () => void = () => undefined;

  constructor(options: HealingOptions<Gap>) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Interrupts what runs; resolves when nothing does any more. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the healing of gaps is closing'));
    this.#rouse();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const isBusy = await this.#round(signal);
      if (!isBusy) await this.#rest();
    }
  }

  /** @returns whether there may be more to do at once */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { claim, heal, failed, atOnce } = this.#options;
    try {
      const gaps = await claim(atOnce);
      const ended = await Promise.allSettled(gaps.map((gap) => heal(gap, signal)));
      for (const end of ended) if (end.status === 'rejected' && !signal.aborted) failed(end.reason);
      return gaps.length === atOnce;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  async #rest(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    const timer = setTimeout(wake, this.#options.pollMs);
    this.#rouse = wake;
    await promise;
    clearTimeout(timer);
  }
}
