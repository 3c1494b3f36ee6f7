import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import type { Logger } from '#platform';
import type { EntryKeeper, RegistryChain } from '#registry-chain';

/** Entries behind a gap kept in memory until it is filled; more than these are read again with the next start. */
const MAX_AHEAD = 1_000;

/**
 * Takes records of `registry.state` into the chain. What the chain refuses is counted, told and left aside: one bad
 * record stops nothing. What comes before its turn waits.
 */
export class EntryIntake {
  readonly #chain: RegistryChain;
  readonly #logger: Logger;
  readonly #keep: EntryKeeper;
  readonly #changed: () => void;
  /** The bytes of entries that are ahead, by digest: the same entry may come many times. */
  readonly #ahead = new Map<string, Buffer>();
  #refused = 0;
  #fault: HubError | undefined;

  /** `keep` is told of entries that are certain, `changed` when there is a new head. */
  constructor(chain: RegistryChain, logger: Logger, keep: EntryKeeper, changed: () => void) {
    this.#chain = chain;
    this.#logger = logger;
    this.#keep = keep;
    this.#changed = changed;
  }

  /** How many records were refused since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Why the last refused record was refused. */
  get fault(): HubError | undefined {
    return this.#fault;
  }

  /** True while entries wait behind a gap. */
  get hasGap(): boolean {
    return this.#ahead.size > 0;
  }

  take(bytes: Buffer): void {
    this.#append(bytes);
    // Each adopted entry may be the one that those ahead have waited for.
    for (let waiting = -1; this.#ahead.size > 0 && this.#ahead.size !== waiting;) {
      waiting = this.#ahead.size;
      for (const [digest, held] of [...this.#ahead]) {
        this.#ahead.delete(digest);
        this.#append(held);
      }
    }
  }

  /** Tells what was wrong with a record and goes on. */
  refuse(error: unknown): void {
    if (!(error instanceof HubError)) throw error;
    this.#refused += 1;
    this.#fault = error;
    this.#logger.error({ err: error }, 'a record of the registry is refused');
  }

  #append(bytes: Buffer): void {
    try {
      const outcome = this.#chain.append(bytes, this.#keep);
      if (outcome === 'adopted') this.#changed();
      if (outcome === 'ahead' && this.#ahead.size < MAX_AHEAD) this.#ahead.set(sha256Hex(bytes), bytes);
    } catch (error) {
      this.refuse(error);
    }
  }
}
