import { HubError } from '#errors';
import { backoff, rest, type HealthRegistry, type Logger, type ProbeResult } from '#platform';
import type { PackArchive, PackStep } from './pack-archive.ts';

/** How often it is asked whether there is a bundle to pack, milliseconds. */
const LOOK_MS = 1_000;
/** A pack that took so long is rested from this many times longer: at most a fifth of a processor, and of the database's time. */
const REST_FACTOR = 4;
const PAUSE = { baseMs: 1_000, maxMs: 60_000 } as const;

export interface KeepPackingParts {
  readonly archive: Pick<PackArchive, 'step'>;
  /** Whether this instance writes the log: the same one packs. */
  readonly isWriting: () => boolean;
  readonly logger: Logger;
}

/** Packs the archive in the background for as long as the process runs, at the instance that writes the log. The log never waits for it. */
export class KeepPacking {
  readonly #parts: KeepPackingParts;
  readonly #closing = new AbortController();
  #error: HubError | null = null;
  #isBehind = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: KeepPackingParts) {
    this.#parts = parts;
  }

  /** Begins to work, in the background. */
  start(): void {
    this.#loop = this.#run();
  }

  /** Finishes the pack in hand. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  register(health: HealthRegistry): void {
    health.register('archive', () => this.#probe(), { required: false });
  }

  /** Which entry it is, the node's log says: health is for anyone. */
  #probe(): ProbeResult {
    if (this.#error !== null) return { status: 'down', detail: this.#error.code };
    if (!this.#parts.isWriting()) return { status: 'up', detail: 'packed by the instance that writes' };
    return {
      status: 'up',
      detail: this.#isBehind ? 'bundles are being packed' : 'every full bundle is packed',
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let setbacks = 0; !signal.aborted;) {
      try {
        const began = performance.now();
        const step = this.#parts.isWriting() ? await this.#parts.archive.step() : 'done';
        setbacks = 0;
        this.#error = null;
        this.#isBehind = step !== 'done';
        await rest(pauseAfter(step, performance.now() - began), signal);
      } catch (error) {
        this.#failed(error);
        await rest(backoff(setbacks, PAUSE), signal);
        setbacks += 1;
      }
    }
  }

  #failed(error: unknown): void {
    if (error instanceof HubError && error.code === 'LEASE_LOST') return;
    this.#error =
      error instanceof HubError
        ? error
        : new HubError('LOG_STATE_DAMAGED', 'the archive cannot be packed', { cause: error });
    this.#parts.logger.error({ err: error }, 'the archive is not packed');
  }
}

function pauseAfter(step: PackStep, tookMs: number): number {
  return step === 'packed' ? tookMs * REST_FACTOR : LOOK_MS;
}
