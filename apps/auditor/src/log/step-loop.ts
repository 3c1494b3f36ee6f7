import { HubError, type ErrorCode } from '#errors';
import { backoff, rest } from '#platform';

export interface StepLoopParts {
  /** Does what there is to do next. @returns how long to rest before the next step, milliseconds */
  readonly step: () => Promise<number>;
  readonly pause: { readonly baseMs: number; readonly maxMs: number };
  /** What an error that says nothing by itself counts as, and what then is not the case. */
  readonly otherwise: { readonly code: ErrorCode; readonly message: string };
  /** Told of every failure. */
  readonly failed: (error: unknown) => void;
  /** An error that is no failure: somebody else has the work. */
  readonly isNone?: (error: unknown) => boolean;
}

/** Takes one step after the other for as long as the process runs, and after a failure again, later and later. */
export class StepLoop {
  readonly #parts: StepLoopParts;
  readonly #closing = new AbortController();
  #error: HubError | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: StepLoopParts) {
    this.#parts = parts;
  }

  /** Why the last step failed; null if it did not. */
  get error(): HubError | null {
    return this.#error;
  }

  /** Begins to work, in the background. */
  start(): void {
    this.#loop = this.#run();
  }

  /** Finishes the step in hand. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let setbacks = 0; !signal.aborted;) {
      try {
        const restMs = await this.#parts.step();
        setbacks = 0;
        this.#error = null;
        if (restMs > 0) await rest(restMs, signal);
      } catch (error) {
        this.#failed(error);
        await rest(backoff(setbacks, this.#parts.pause), signal);
        setbacks += 1;
      }
    }
  }

  #failed(error: unknown): void {
    const { failed, isNone, otherwise } = this.#parts;
    if (isNone?.(error) === true) return;
    this.#error =
      error instanceof HubError ? error : new HubError(otherwise.code, otherwise.message, { cause: error });
    failed(error);
  }
}
