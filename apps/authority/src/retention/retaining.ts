import type { DocumentKey } from '#documents';
import { HubError } from '#errors';
import { rest, type Logger } from '#platform';
import type { DestroyDocuments, DestroyingNode } from './destroy-documents.ts';
import { forgetDocuments } from './forget-documents.ts';

/** How often it looks for what was approved at another instance, or could not be ended, milliseconds. */
const POLL_MS = 60_000;

export interface RetainingParts {
  readonly destroy: Pick<DestroyDocuments, 'run' | 'again'>;
  readonly node: Pick<DestroyingNode, 'work'>;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
}

/** Destroys, in the background, what two persons have approved. */
export class Retaining {
  readonly #of: RetainingParts;
  readonly #closing = new AbortController();
  #sleeping = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #failure: string | null = null;

  constructor(parts: RetainingParts) {
    this.#of = parts;
  }

  /** Why the last attempt could not be ended: a stable code; null if it could. */
  get failure(): string | null {
    return this.#failure;
  }

  start(): void {
    this.#ended = this.#run();
  }

  /** Looks at once. */
  wake(): void {
    this.#sleeping.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#sleeping.abort();
    await this.#ended;
  }

  /**
   * Documents whose key was destroyed and that the database knows as if they were here: it was restored from a copy of
   * before. What it knows of them goes again; that was signed then.
   */
  async forgetAgain(keys: readonly DocumentKey[]): Promise<void> {
    if (keys.length === 0) return;
    const practices = new Map(
      keys.map(({ owner, practice }) => [`${owner}/${practice}`, { owner, uuid: practice }]),
    );
    const ids = keys.map(({ document }) => document);
    await this.#of.node.work.run((tx) => forgetDocuments(tx, [...practices.values()], ids));
    this.#of.logger.warn(
      { documents: keys.length },
      'documents that were destroyed before were forgotten again',
    );
  }

  async #run(): Promise<void> {
    let isLookedAt = false;
    while (!this.#closing.signal.aborted) {
      this.#sleeping = new AbortController();
      try {
        if (!isLookedAt) await this.#of.destroy.again();
        isLookedAt = true;
        await this.#of.destroy.run();
        this.#failure = null;
      } catch (error) {
        this.#failure = error instanceof HubError ? error.code : 'INTERNAL_ERROR';
        this.#of.logger.error({ err: error }, 'documents that were to be destroyed are not destroyed yet');
      }
      await rest(POLL_MS, AbortSignal.any([this.#sleeping.signal, this.#closing.signal]));
    }
  }
}
