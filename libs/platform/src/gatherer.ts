/** How much a handler is given at once. */
export interface BatchLimits {
  readonly records: number;
  readonly bytes: number;
  /** How long the first item may wait for company while traffic is dense, milliseconds. */
  readonly lingerMs: number;
  /**
   * A batch that is not full begins no sooner than this after the one before has begun, milliseconds: for what nobody
   * waits for. What comes after a silence as long is handled at once.
   */
  readonly paceMs: number;
}

/** Below this many items a batch, waiting for more costs latency and gains nothing. */
const DENSE_FROM = 16;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly settle: (result: Result) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Gathers items from many submitters into batches for one handler, which runs one batch at a time. Items are handled
 * in the order of their submission; what arrives while the handler works makes up the next batch.
 */
export class Gatherer<Item, Result> {
  readonly #limits: BatchLimits;
  readonly #bytes: (item: Item) => number;
  readonly #handle: (items: readonly Item[]) => Promise<readonly Result[]>;
  #queue: Waiting<Item, Result>[] = [];
  #queuedBytes = 0;
  #running = false;
  #scheduled = false;
  #lastBatch = 0;
  #lastBegan = Number.NEGATIVE_INFINITY;

  /** `handle` answers one result per item, in the same order; if it throws, the submitters of the batch get the error. */
  constructor(
    limits: BatchLimits,
    bytes: (item: Item) => number,
    handle: (items: readonly Item[]) => Promise<readonly Result[]>,
  ) {
    this.#limits = limits;
    this.#bytes = bytes;
    this.#handle = handle;
  }

  /** Hands items in, to be handled together or in consecutive batches; answers their results. */
  async submit(items: readonly Item[]): Promise<Result[]> {
    const results = items.map(
      (item) =>
        new Promise<Result>((settle, fail) => {
          this.#queue.push({ item, settle, fail });
          this.#queuedBytes += this.#bytes(item);
        }),
    );
    this.#schedule();
    return Promise.all(results);
  }

  #schedule(): void {
    if (this.#running || this.#queue.length === 0) return;
    if (this.#isFull()) {
      void this.#run();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      const go = (): void => {
        this.#scheduled = false;
        void this.#run();
      };
      // What one fetch brought for several partitions is submitted within one turn of the loop.
      const waitMs = this.#waitMs();
      if (waitMs <= 0) setImmediate(go);
      else setTimeout(go, waitMs);
    }
  }

  #isFull(): boolean {
    return this.#queue.length >= this.#limits.records || this.#queuedBytes >= this.#limits.bytes;
  }

  /** How long what is there waits for company. */
  #waitMs(): number {
    const { lingerMs, paceMs } = this.#limits;
    const lingers = this.#lastBatch >= DENSE_FROM ? lingerMs : 0;
    return Math.max(lingers, this.#lastBegan + paceMs - performance.now());
  }

  async #run(): Promise<void> {
    if (this.#running || this.#queue.length === 0) return;
    this.#running = true;
    do {
      const batch = this.#take();
      this.#lastBatch = batch.length;
      this.#lastBegan = performance.now();
      try {
        const results = await this.#handle(batch.map(({ item }) => item));
        if (results.length !== batch.length) throw new RangeError('one result per item is wanted');
        batch.forEach(({ settle }, index) => {
          settle(results[index] as Result);
        });
      } catch (error) {
        for (const { fail } of batch) fail(error);
      }
    } while (this.#isFull() || (this.#queue.length > 0 && this.#limits.paceMs === 0));
    this.#running = false;
    this.#schedule();
  }

  #take(): Waiting<Item, Result>[] {
    let count = 0;
    let bytes = 0;
    for (const { item } of this.#queue) {
      const size = this.#bytes(item);
      if (count > 0 && (count >= this.#limits.records || bytes + size > this.#limits.bytes)) break;
      count += 1;
      bytes += size;
    }
    this.#queuedBytes -= bytes;
    const batch = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return batch;
  }
}
