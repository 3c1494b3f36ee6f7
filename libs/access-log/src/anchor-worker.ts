import { rest, type Clock, type Logger } from '#platform';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { AnchorAccesses } from './anchor-accesses.ts';

const MINUTE_MS = 60_000;

/** Anchors accesses at the start, for what a crash has left behind, and at the beginning of each minute. */
export class AnchorWorker implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #anchors: Pick<AnchorAccesses, 'run'>;
  readonly #clock: Clock;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #closing = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(anchors: Pick<AnchorAccesses, 'run'>, clock: Clock, logger: Pick<Logger, 'warn'>) {
    this.#anchors = anchors;
    this.#clock = clock;
    this.#logger = logger;
  }

  onApplicationBootstrap(): void {
    this.#loop = this.#run();
  }

  async onModuleDestroy(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#anchors.run();
      } catch (error) {
        this.#logger.warn({ err: error }, 'accesses could not be anchored; it is tried again in a minute');
      }
      await rest(MINUTE_MS - (this.#clock.now().getTime() % MINUTE_MS), this.#closing.signal);
    }
  }
}
