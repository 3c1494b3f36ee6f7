import { HubError } from '#errors';
import type { HealthRegistry, Logger, ProbeResult } from '#platform';
import { StepLoop } from '../log/step-loop.ts';
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
  readonly #loop: StepLoop;
  #isBehind = false;

  constructor(parts: KeepPackingParts) {
    this.#parts = parts;
    this.#loop = new StepLoop({
      step: () => this.#step(),
      pause: PAUSE,
      otherwise: { code: 'LOG_STATE_DAMAGED', message: 'the archive cannot be packed' },
      failed: (error) => {
        parts.logger.error({ err: error }, 'the archive is not packed');
      },
      isNone: (error) => error instanceof HubError && error.code === 'LEASE_LOST',
    });
  }

  /** Begins to work, in the background. */
  start(): void {
    this.#loop.start();
  }

  /** Finishes the pack in hand. */
  async close(): Promise<void> {
    await this.#loop.close();
  }

  register(health: HealthRegistry): void {
    health.register('archive', () => this.#probe(), { required: false });
  }

  /** Which entry it is, the node's log says: health is for anyone. */
  #probe(): ProbeResult {
    const { error } = this.#loop;
    if (error !== null) return { status: 'down', detail: error.code };
    if (!this.#parts.isWriting()) return { status: 'up', detail: 'packed by the instance that writes' };
    return {
      status: 'up',
      detail: this.#isBehind ? 'bundles are being packed' : 'every full bundle is packed',
    };
  }

  async #step(): Promise<number> {
    const began = performance.now();
    const step = this.#parts.isWriting() ? await this.#parts.archive.step() : 'done';
    this.#isBehind = step !== 'done';
    return pauseAfter(step, performance.now() - began);
  }
}

function pauseAfter(step: PackStep, tookMs: number): number {
  return step === 'packed' ? tookMs * REST_FACTOR : LOOK_MS;
}
