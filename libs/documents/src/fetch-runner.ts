import { HubError } from '#errors';
import type { Clock, IdSource } from '#platform';

import type { DocumentFetcher } from './document-fetcher.ts';
import type { FetchJob, FetchQueue, FetchReport, Postponement } from './fetch-queue.ts';
import { nextAttempt } from './fetch-schedule.ts';
import type { FetchResult } from './fetch-types.ts';

export interface FetchRunnerOptions<J extends FetchJob> {
  readonly queue: FetchQueue<J>;
  readonly fetcher: Pick<DocumentFetcher, 'fetch'>;
  readonly clock: Clock;
  readonly ids: Pick<IdSource, 'bytes'>;
  /** Documents at a time; 8 unless given. */
  readonly concurrency?: number;
  /** Documents of one author at a time; 4 unless given. */
  readonly perAuthor?: number;
  /** How often to look for due rows when nobody calls `wake`, milliseconds; 1,000 unless given. */
  readonly pollMs?: number;
  /** How often claims of running jobs are renewed, milliseconds; 15,000 unless given. */
  readonly renewMs?: number;
  readonly report?: (report: FetchReport<J>) => void;
}

export interface FetchRunner {
  /** Looks at the queue now: call it when rows were added. */
  wake(): void;
  /** Interrupts what runs, gives the claims back, and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Fetches what the queue says is due, for ever, until stopped. A failure of one job or of the queue stops nothing. */
export function runFetchQueue<J extends FetchJob>(options: FetchRunnerOptions<J>): FetchRunner {
  const loop = new FetchLoop(options);
  const ended = loop.run();
  return {
    wake: () => {
      loop.wake();
    },
    stop: async () => {
      loop.abort();
      await ended;
    },
  };
}

class FetchLoop<J extends FetchJob> {
  readonly #options: FetchRunnerOptions<J>;
  readonly #stopping = new AbortController();
  readonly #running = new Map<J, Promise<void>>();
  /** Set between a wake and the look at the queue that follows it, so that none is lost. */
  #woken = false;
  #rouse: () => void = () => undefined;

  constructor(options: FetchRunnerOptions<J>) {
    this.#options = options;
  }

  wake(): void {
    this.#woken = true;
    this.#rouse();
  }

  abort(): void {
    this.#stopping.abort(new Error('the fetch runner is stopping'));
    this.wake();
  }

  async run(): Promise<void> {
    const renewal = setInterval(() => void this.#renew(), this.#options.renewMs ?? 15_000);
    while (!this.#stopping.signal.aborted) {
      this.#woken = false;
      const claimed = await this.#claim();
      for (const job of claimed) this.#start(job);
      if (claimed.length === 0 || this.#free() === 0) await this.#rest();
    }
    await Promise.all(this.#running.values());
    clearInterval(renewal);
  }

  #free(): number {
    return (this.#options.concurrency ?? 8) - this.#running.size;
  }

  async #claim(): Promise<readonly J[]> {
    const perAuthor = this.#options.perAuthor ?? 4;
    const limit = Math.min(this.#free(), perAuthor);
    if (limit <= 0) return [];
    const counts = Map.groupBy(
      this.#running.keys(),
      (job) => job.order.sources[0]?.holder ?? job.order.key.owner,
    );
    const busy = [...counts].filter(([, jobs]) => jobs.length >= perAuthor).map(([author]) => author);
    try {
      return await this.#options.queue.claim({ limit, now: this.#options.clock.now(), busy });
    } catch (error) {
      this.#report({ kind: 'queue-failed', error });
      return [];
    }
  }

  #start(job: J): void {
    const ended = this.#work(job)
      .catch((error: unknown) => {
        this.#report({ kind: 'queue-failed', error });
      })
      .finally(() => {
        this.#running.delete(job);
        this.wake();
      });
    this.#running.set(job, ended);
  }

  async #work(job: J): Promise<void> {
    const { queue, fetcher } = this.#options;
    let result: FetchResult;
    try {
      result = await fetcher.fetch(job.order, this.#stopping.signal);
    } catch (error) {
      if (this.#stopping.signal.aborted) return queue.release(job);
      return this.#postpone(job, 'fetching', asHubError(error));
    }
    for (const problem of result.problems) {
      if (problem.kind === 'wrong') this.#report({ kind: 'alarm', job, problem });
    }
    if (result.state !== 'complete') return this.#postpone(job, result.state, result.problems.at(-1)?.error);
    await queue.complete(job, result);
    this.#report({ kind: 'complete', job, from: result.from });
  }

  async #postpone(job: J, state: Postponement['state'], error: HubError | undefined): Promise<void> {
    const failures = job.failures + 1;
    const chance = this.#options.ids.bytes(4).readUInt32BE() / 2 ** 32;
    const next = nextAttempt(this.#options.clock.now(), failures, chance);
    const postponement = { state, failures, next, error };
    await this.#options.queue.postpone(job, postponement);
    this.#report({ kind: 'postponed', job, postponement });
  }

  async #renew(): Promise<void> {
    const jobs = [...this.#running.keys()];
    if (jobs.length === 0) return;
    await this.#options.queue.renew(jobs).catch((error: unknown) => {
      this.#report({ kind: 'queue-failed', error });
    });
  }

  /** Until a job ends, someone calls `wake`, or the time to poll has come. */
  async #rest(): Promise<void> {
    if (this.#woken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.pollMs ?? 1_000);
      this.#rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#rouse = () => undefined;
  }

  #report(report: FetchReport<J>): void {
    this.#options.report?.(report);
  }
}

function asHubError(error: unknown): HubError {
  if (error instanceof HubError) return error;
  return new HubError('DOCUMENT_STORE_FAILED', 'an unforeseen fault while fetching', { cause: error });
}
