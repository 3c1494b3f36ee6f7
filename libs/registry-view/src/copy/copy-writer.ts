import type { Logger } from '#platform';
import type { ChainEntry } from '#registry-chain';
import type { RegistryCopy } from './registry-copy.ts';

/**
 * Writes adopted entries to the stored copy in the background, as many at once as have gathered. With the database
 * away they wait in memory: the view goes on, and only a restart would have to read them from the topic again.
 */
export class CopyWriter {
  readonly #copy: Pick<RegistryCopy, 'append' | 'replace'>;
  readonly #logger: Logger;
  #waiting: ChainEntry[] = [];
  #writing: Promise<void> | undefined;
  #replaces = false;

  constructor(copy: Pick<RegistryCopy, 'append' | 'replace'>, logger: Logger) {
    this.#copy = copy;
    this.#logger = logger;
  }

  /** What is stored is of another chain: the next entries take its place. */
  replaceStored(): void {
    this.#replaces = true;
  }

  add(entry: ChainEntry): void {
    this.#waiting.push(entry);
    void this.flush();
  }

  /** Resolves when what was added so far is stored, or when storing it has failed: the next call tries again. */
  async flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Entries of one turn of the event loop go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await (this.#replaces ? this.#copy.replace(batch) : this.#copy.append(batch));
        this.#replaces = false;
      } catch (error) {
        this.#waiting = [...batch, ...this.#waiting];
        this.#logger.warn({ err: error }, 'the copy of the registry cannot be stored now');
        return;
      }
    }
  }
}
