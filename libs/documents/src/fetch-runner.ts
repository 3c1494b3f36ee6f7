import type { IpaCode } from '#contracts';
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
  /** Documents claimed with one look at the queue, those that begin a little later among them; 32 unless given. */
  readonly claimAhead?: number;
  /** How often to look for due rows when nobody calls `wake`, milliseconds; 1,000 unless given. */
  readonly pollMs?: number;
  /** How often claims of running jobs are renewed, milliseconds; 8,000 unless given. */
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

/** Documents that are here but not yet marked: beyond so many the fetching waits for the database. */
const MAX_MARKING = 64;

class FetchLoop<J extends FetchJob> {
  readonly #options: FetchRunnerOptions<J>;
  readonly #stopping = new AbortController();
  /** Every job whose claim is to be kept: those that run, and those that only wait to be marked. */
  readonly #running = new Map<J, Promise<void>>();
  /** Of these, the ones that fetch. */
  readonly #fetching = new Set<J>();
  /** Claimed, and waiting for a place: their authors have their share. */
  #ready: J[] = [];
  /** Set between a stir and the turn of the loop that follows it, so that none is lost. */
  #stirred = false;
  /** Something may be due that was not at the last look at the queue. */
  #news = true;
  /** Whose documents the last look left out. */
  #leftOut: readonly IpaCode[] = [];
  #rouse: () => void = () => undefined;

  constructor(options: FetchRunnerOptions<J>) {
    this.#options = options;
  }

  wake(): void {
    this.#news = true;
    this.#stir();
  }

  /** A place is free: what is ready may start. */
  #stir(): void {
    this.#stirred = true;
    this.#rouse();
  }

  abort(): void {
    this.#stopping.abort(new Error('the fetch runner is stopping'));
    this.wake();
  }

  async run(): Promise<void> {
    const renewal = setInterval(() => void this.#renew(), this.#options.renewMs ?? 8_000);
    while (!this.#stopping.signal.aborted) {
      this.#stirred = false;
      this.#startReady();
      const claimed = await this.#claim();
      this.#ready.push(...claimed);
      this.#startReady();
      if (claimed.length === 0 || this.#free() === 0) await this.#rest();
    }
    await Promise.all([...this.#running.values(), ...this.#ready.map((job) => this.#release(job))]);
    clearInterval(renewal);
  }

  #free(): number {
    const places = (this.#options.concurrency ?? 8) - this.#fetching.size;
    return Math.max(0, Math.min(places, MAX_MARKING - (this.#running.size - this.#fetching.size)));
  }

  /** Starts what may start: a place is free, and its author has not its share yet. */
  #startReady(): void {
    const shares = this.#shares();
    this.#ready = this.#ready.filter((job) => {
      const { author } = job;
      const share = shares.get(author) ?? 0;
      if (this.#stopping.signal.aborted || this.#free() === 0 || share >= this.#perAuthor) return true;
      shares.set(author, share + 1);
      this.#start(job);
      return false;
    });
  }

  get #perAuthor(): number {
    return this.#options.perAuthor ?? 4;
  }

  /** How many documents of each author are being fetched. */
  #shares(): Map<IpaCode, number> {
    const shares = new Map<IpaCode, number>();
    for (const { author } of this.#fetching) shares.set(author, (shares.get(author) ?? 0) + 1);
    return shares;
  }

  /**
   * One look at the queue claims many documents, as small ones end faster than a look takes. Nothing more is claimed of
   * an author that has its share, or documents ready: what is claimed stays little. There is no look where it could
   * only find what the last one left out.
   */
  async #claim(): Promise<readonly J[]> {
    if (this.#free() === 0) return [];
    const full = [...this.#shares()]
      .filter(([, share]) => share >= this.#perAuthor)
      .map(([author]) => author);
    const busy = [...new Set([...full, ...this.#ready.map(({ author }) => author)])];
    if (!this.#news && this.#leftOut.every((author) => busy.includes(author))) return [];
    const limit = this.#options.claimAhead ?? 32;
    this.#news = false;
    this.#leftOut = busy;
    try {
      const claimed = await this.#options.queue.claim({ limit, now: this.#options.clock.now(), busy });
      if (claimed.length > 0) this.#news = true;
      return claimed;
    } catch (error) {
      this.#report({ kind: 'queue-failed', error });
      return [];
    }
  }

  async #release(job: J): Promise<void> {
    await this.#options.queue.release(job).catch((error: unknown) => {
      this.#report({ kind: 'queue-failed', error });
    });
  }

  #start(job: J): void {
    this.#fetching.add(job);
    const ended = this.#work(job)
      .catch((error: unknown) => {
        this.#report({ kind: 'queue-failed', error });
      })
      .finally(() => {
        this.#fetching.delete(job);
        this.#running.delete(job);
        this.#stir();
      });
    this.#running.set(job, ended);
  }

  async #work(job: J): Promise<void> {
    const { queue, fetcher } = this.#options;
    let result: FetchResult;
    try {
      result = await fetcher.fetch(job.order, this.#stopping.signal);
      // Its place is free while it is marked: many that are marked together cost one transaction.
      this.#fetching.delete(job);
      this.#stir();
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
    const jobs = [...this.#running.keys(), ...this.#ready];
    if (jobs.length === 0) return;
    await this.#options.queue.renew(jobs).catch((error: unknown) => {
      this.#report({ kind: 'queue-failed', error });
    });
  }

  /** Until a job ends, someone calls `wake`, or the time to poll has come. */
  async #rest(): Promise<void> {
    if (this.#stirred) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#news = true;
        resolve();
      }, this.#options.pollMs ?? 1_000);
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
