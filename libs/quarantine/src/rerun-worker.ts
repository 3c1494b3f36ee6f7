import type { Logger } from '#platform';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { RerunQuarantine } from './rerun-quarantine.ts';

/** How often to look for re-runs that another instance has left behind, milliseconds. */
const LOOK_MS = 10_000;

/** Takes the steps of re-runs while the node runs: at once when one is asked for, and those that a crash cut off. */
export class RerunWorker implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #rerun: Pick<RerunQuarantine, 'step'>;
  readonly #logger: Pick<Logger, 'warn'>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #asked = false;
  #closed = false;

  constructor(rerun: Pick<RerunQuarantine, 'step'>, logger: Pick<Logger, 'warn'>) {
    this.#rerun = rerun;
    this.#logger = logger;
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.wake();
    }, LOOK_MS);
    this.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** There is, or may be, something to do. */
  wake(): void {
    this.#asked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#asked && !this.#closed) this.wake();
    });
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#asked = false;
      try {
        if ((await this.#rerun.step()) !== 'more') return;
      } catch (error) {
        this.#logger.warn({ err: error }, 'a step of a re-run failed; it is tried again');
        return;
      }
    }
  }
}
