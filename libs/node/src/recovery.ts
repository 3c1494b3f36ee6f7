import { HubError } from '#errors';
import { backoff, rest, type HealthRegistry, type Logger } from '#platform';
import type { Chore } from './keep-house.ts';

const PAUSE = { baseMs: 500, maxMs: 10_000 } as const;

/** Compares a node's database with what the node has published, and adopts what it lacks. Repeatable at any point. */
export type Recover = () => Promise<void>;

/** Waits until the streams have brought again what the database has forgotten. Repeatable; breaks off at the signal. */
export type ReadAgain = (signal: AbortSignal) => Promise<void>;

/**
 * The state of a node between its start and the moment at which it knows what it has published (architecture, rule of
 * leases): it serves what it has, and writes nothing. Then streams and relay begin; requests to write are taken once
 * the streams have brought again what a restored database has forgotten. What time may mend (a broker that is away) is
 * tried again; what it cannot mend keeps the node from writing until somebody has.
 */
export class Recovery {
  readonly #recover: Recover;
  readonly #readAgain: ReadAgain;
  readonly #logger: Logger;
  readonly #done = Promise.withResolvers<undefined>();
  readonly #settled = Promise.withResolvers<undefined>();
  readonly #closing = new AbortController();
  #isDone = false;
  #isCaughtUp = false;
  #error: HubError | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(recover: Recover, logger: Logger, readAgain: ReadAgain = () => Promise.resolve()) {
    this.#recover = recover;
    this.#readAgain = readAgain;
    this.#logger = logger;
  }

  /** Resolves when the node may write, its streams and its relay first; never, while it must not. */
  get done(): Promise<undefined> {
    return this.#done.promise;
  }

  /** True once the node may write: partners perhaps not yet. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** A chore that is left out until the node may write. */
  afterwards(chore: Chore): Chore {
    return async (work, now) => {
      if (this.#isDone) await chore(work, now);
    };
  }

  /** Begins, in the background. */
  start(): void {
    this.#loop = this.#run();
  }

  /** @throws HubError `NODE_CATCHING_UP`, or the code that keeps the node from writing for good */
  requireDone(): void {
    if (this.#isCaughtUp) return;
    if (this.#error?.policy.disposition === 'park')
      throw new HubError(this.#error.code, this.#error.message, { cause: this.#error });
    const why = this.#error === null ? '' : `: ${this.#error.code}`;
    throw new HubError('NODE_CATCHING_UP', `this node has not finished catching up with itself${why}`, {
      ...(this.#error === null ? {} : { cause: this.#error }),
    });
  }

  /** Waits until the first attempt has come to an end, one way or the other, for at most `ms` milliseconds. */
  async firstAttempt(ms: number): Promise<void> {
    const late = setTimeout(() => {
      this.#settled.resolve(undefined);
    }, ms);
    await this.#settled.promise;
    clearTimeout(late);
  }

  register(health: HealthRegistry): void {
    health.register(
      'recovery',
      () => {
        if (this.#isCaughtUp) return { status: 'up' };
        if (this.#error === null)
          return {
            status: 'degraded',
            detail: this.#isDone ? 'reading again what was forgotten' : 'recovering',
          };
        const state = this.#error.policy.disposition === 'park' ? 'refuses to write' : 'recovering';
        return { status: 'degraded', detail: `${state}: ${this.#error.code}` };
      },
      { required: false },
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#settled.resolve(undefined);
    await this.#loop;
  }

  async #run(): Promise<void> {
    if (!(await this.#untilThrough(this.#recover))) return;
    this.#isDone = true;
    // What is closed begins nothing more.
    if (!this.#closing.signal.aborted) this.#done.resolve(undefined);
    if (!(await this.#untilThrough(() => this.#readAgain(this.#closing.signal)))) return;
    this.#isCaughtUp = true;
    this.#settled.resolve(undefined);
  }

  /** Until a step has succeeded. False if it never will, or the node is closed. */
  async #untilThrough(step: () => Promise<void>): Promise<boolean> {
    const { signal } = this.#closing;
    for (let setbacks = 0; !signal.aborted; setbacks += 1) {
      try {
        await step();
        this.#error = null;
        return true;
      } catch (error) {
        this.#fail(error);
        this.#settled.resolve(undefined);
        if (this.#error?.policy.disposition === 'park') return false;
        await rest(backoff(setbacks, PAUSE), signal);
      }
    }
    return false;
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const known =
      error instanceof HubError ? error : new HubError('INTERNAL_ERROR', String(error), { cause: error });
    this.#error = known;
    if (known.policy.disposition === 'park')
      this.#logger.error(
        { err: known },
        'this node writes nothing: its database contradicts what it has published',
      );
    else
      this.#logger.warn(
        { err: known },
        'this node writes nothing yet: it cannot compare what it has published',
      );
  }
}
