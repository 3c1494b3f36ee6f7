import type { DocumentStore, FileKeyStore } from '#documents';
import { HubError } from '#errors';
import { rest, type Clock, type Logger } from '#platform';

/** Documents looked at between two rests. */
const AT_ONCE = 200;
/** It rests so many times as long as it has worked: what has just come must not wait for it. */
const REST = 4;
/** How often the whole store is looked through when nothing was left, milliseconds. */
const EVERY_MS = 86_400_000;

/** One pass through the store. */
export interface SealingPass {
  readonly startedAt: Date;
  /** Null while it goes on. */
  readonly endedAt: Date | null;
  /** Documents looked at. */
  readonly looked: number;
  /** Of these, the ones that were in the clear and are sealed now. */
  readonly sealed: number;
  /** Of these, the ones that are in the clear still. */
  readonly failed: number;
  /** Keys that the present master key wraps now, and an earlier one did before. */
  readonly rewrapped: number;
  /** Keys whose master key is not known here. */
  readonly unopened: number;
  /** Why it ended early, or what the last failure was. */
  readonly code: string | null;
}

export interface SealDocumentsParts {
  readonly documents: Pick<DocumentStore, 'keys' | 'seal'>;
  readonly keys: Pick<FileKeyStore, 'rewrap'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/**
 * Seals, in the background, what a store from before holds in the clear, and wraps anew the keys that an earlier master
 * key has wrapped. Each document is sealed by itself: whoever dies in between has lost nothing, and begins again.
 */
export class SealDocuments {
  readonly #of: SealDocumentsParts;
  readonly #closing = new AbortController();
  #last: SealingPass | null = null;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;

  constructor(parts: SealDocumentsParts) {
    this.#of = parts;
  }

  /** The last pass by this process, or the one that goes on; null before the first. */
  get lastPass(): SealingPass | null {
    return this.#last;
  }

  /** Whether this process has found every document sealed. From then on none is written otherwise. */
  get isDone(): boolean {
    return this.#last !== null && this.#last.endedAt !== null && this.#last.code === null;
  }

  /** Begins a pass in the background, unless one goes on. */
  soon(): void {
    if (this.#closing.signal.aborted || this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.run()
      .then(() => undefined)
      .catch((error: unknown) => {
        this.#of.logger.error({ err: error }, 'the store of documents could not be sealed');
      })
      .finally(() => {
        this.#isRunning = false;
      });
  }

  /** Every hour while something is left in the clear, otherwise once a day. */
  hourly(): void {
    const before = this.#of.clock.now().getTime() - EVERY_MS;
    if (!this.isDone || (this.#last?.startedAt.getTime() ?? 0) <= before) this.soon();
  }

  async run(): Promise<SealingPass> {
    const startedAt = this.#of.clock.now();
    this.#last = { startedAt, endedAt: null, ...NOTHING };
    const pace = this.#pace();
    try {
      for await (const key of this.#of.documents.keys()) {
        if (this.#closing.signal.aborted) return this.#current;
        await this.#sealOne(key);
        await pace();
      }
      const { rewrapped, failed } = await this.#of.keys.rewrap(pace);
      this.#note({ rewrapped, unopened: failed });
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.#note({ code: error.code });
      this.#of.logger.error({ err: error }, 'documents stay in the clear for now');
    }
    this.#note({ endedAt: this.#of.clock.now() });
    const { sealed, failed, rewrapped } = this.#current;
    if (sealed + failed + rewrapped > 0)
      this.#of.logger.info({ ...this.#current }, 'the store of documents was sealed');
    return this.#current;
  }

  /** Ends the pass that goes on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #sealOne(key: Parameters<DocumentStore['seal']>[0]): Promise<void> {
    const { looked, sealed, failed } = this.#current;
    try {
      const bytes = await this.#of.documents.seal(key);
      this.#note({ looked: looked + 1, sealed: sealed + (bytes === null ? 0 : 1) });
    } catch (error) {
      // A damaged document is in the clear until it is fetched back; a full disk, or missing keys, concern them all.
      if (!(error instanceof HubError) || error.code !== 'DOCUMENT_CORRUPT') throw error;
      this.#note({ looked: looked + 1, failed: failed + 1, code: error.code });
    }
  }

  #pace(): () => Promise<void> {
    let [count, since] = [0, performance.now()];
    return async () => {
      count += 1;
      if (count % AT_ONCE !== 0) return;
      await rest((performance.now() - since) * REST, this.#closing.signal);
      since = performance.now();
    };
  }

  get #current(): SealingPass {
    if (this.#last !== null) return this.#last;
    throw new HubError('INTERNAL_ERROR', 'no pass has begun');
  }

  #note(news: Partial<SealingPass>): void {
    this.#last = { ...this.#current, ...news };
  }
}

const NOTHING = { looked: 0, sealed: 0, failed: 0, rewrapped: 0, unopened: 0, code: null };
