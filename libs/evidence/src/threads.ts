/** Worker threads that are given tasks, and are replaced when they die or do not answer. */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Transferable } from 'node:worker_threads';

/** How long a thread that has nothing to do is kept, milliseconds: it holds some 60 MB. */
const IDLE_MS = 60_000;
const DEADLINE_MS = 60_000;

const IN_SOURCES = import.meta.filename.endsWith('.ts');
/** What a thread needs to run such a program. */
export const PROGRAM_ARGUMENTS: string[] = IN_SOURCES
  ? ['--conditions=source', '--experimental-transform-types', '--no-warnings']
  : [];

export interface ThreadsOptions {
  /** At most; they are started when there is work for them. */
  readonly threads: number;
  /** File of the program: its default export answers a task. */
  readonly program: string;
  /** What every thread is given when it starts (`workerData`). */
  readonly data?: unknown;
  /** A task that has waited and run for so long will not end: its thread is replaced, milliseconds. A minute when absent. */
  readonly deadlineMs?: number;
  /** Told of a thread that could not start, and took no task with it. */
  readonly failed?: (error: unknown) => void;
}

/** A program beside a file of sources, compiled like it; tests run the sources as they are. */
export function programBeside(url: string, name: string): string {
  return fileURLToPath(new URL(`./${name}${IN_SOURCES ? '.ts' : '.js'}`, url));
}

export class Threads<Task, Answer> {
  readonly #pool: Piscina<Task, Answer>;
  readonly #deadlineMs: number;
  /** Of the tasks that wait or run. */
  readonly #aborts = new Set<AbortController>();
  #closed = false;

  constructor({ threads, program, data, deadlineMs = DEADLINE_MS, failed }: ThreadsOptions) {
    this.#deadlineMs = deadlineMs;
    this.#pool = new Piscina({
      filename: program,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      stricterFIFO: true,
      execArgv: PROGRAM_ARGUMENTS,
      workerData: data,
    });
    this.#pool.on('error', (error: unknown) => {
      failed?.(error);
      this.#diedWithoutTask(error);
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Tasks that wait for a thread or run on one. */
  get pending(): number {
    return this.#aborts.size;
  }

  /** Threads that are running. */
  get running(): number {
    return this.#pool.threads.length;
  }

  /**
   * @param transfer what is handed over, not copied
   * @throws whatever ended the task: its thread has died, it has not answered in time, or the threads were closed
   */
  async run(task: Task, transfer: Transferable[] = []): Promise<Answer> {
    const abort = new AbortController();
    this.#aborts.add(abort);
    const timer = setTimeout(() => {
      abort.abort();
    }, this.#deadlineMs);
    try {
      return await this.#pool.run(task, { transferList: transfer, signal: abort.signal });
    } finally {
      clearTimeout(timer);
      this.#aborts.delete(abort);
    }
  }

  /** Ends the threads; tasks under way are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.destroy();
  }

  /** A thread that could not start takes no task with it: what waits for one would wait until somebody asks again. */
  #diedWithoutTask(error: unknown): void {
    if (this.running > 0) return;
    for (const abort of this.#aborts) abort.abort(error);
  }
}
