/** Checking many documents at once on worker threads, so that the event loop stays free. */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { HubError } from '#errors';
import { answer, conclude, type Answer, type CheckedKind, type VerifiedOf } from './answer.ts';
import type { PoolTask } from './pool-worker.ts';
import { fits, INLINE, inTasks, THREADED } from './pool-tasks.ts';
import { programBeside, Threads } from './threads.ts';
import type { TrustView } from './trust.ts';

/** A document whose bytes have been checked, good or bad. Who signed it has not been judged yet. */
export interface Checked<K extends CheckedKind, Item = unknown> {
  /** What the document came with. */
  readonly item: Item;
  /**
   * What `verifyEvent`, `verifyDecision` or `verifyReceipt` would give, in microseconds.
   *
   * @param trust the registry as it is now: no revocation is missed because a thread holds an older copy
   * @param at first proof that this document exists: revocation is judged at this time
   * @throws HubError what they would throw; `VERIFIER_FAILED` if no thread survives checking this document
   */
  judge(trust: TrustView, at: Date): VerifiedOf[K];
}

/** The batch API as those who receive documents need it. */
export type BatchChecks = Pick<VerifierPool, 'check'>;

export interface PoolOptions {
  /** Worker threads at most; by default one for each processor, at most four. With none, the calling thread checks. */
  readonly threads?: number;
  /** Told of every batch once it is checked, and of every task that no thread has answered. */
  readonly observer?: PoolObserver;
  /** The program of the threads, in place of this room's own. For tests, whose threads die. */
  readonly program?: string;
}

export interface PoolObserver {
  /** @param ms from the call of `check` to its answer, milliseconds */
  checked(kind: CheckedKind, documents: number, ms: number): void;
  /** A thread has died or does not answer. Its documents are checked again, one by one. */
  failed(error: unknown): void;
}

const MAX_THREADS = 4;
const PROGRAM = programBeside(import.meta.url, 'pool-worker');

/** Worker threads unless somebody says how many: one for each processor. */
export function defaultThreads(): number {
  return Math.min(MAX_THREADS, availableParallelism());
}

/**
 * Threads that check documents, started when there is work for them. They do all that follows from the bytes; who
 * signed is judged on the calling thread, against the trust view as it is then.
 */
export class VerifierPool {
  readonly #pool: Threads<PoolTask, string> | null;
  readonly #observer: PoolObserver | undefined;
  /** The turn of the event loop that the latest task was given. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor({ threads = defaultThreads(), observer, program = PROGRAM }: PoolOptions = {}) {
    this.#observer = observer;
    const failed = (error: unknown): void => observer?.failed(error);
    this.#pool = threads === 0 ? null : new Threads({ threads, program, failed });
  }

  /** Tasks that wait for a thread or run on one. */
  get pending(): number {
    return this.#pool?.pending ?? 0;
  }

  /** Threads that are running. */
  get running(): number {
    return this.#pool?.running ?? 0;
  }

  /**
   * Checks documents of one kind. A few small ones are checked on the calling thread: sending them would take longer.
   *
   * @param items whatever comes with a document, a record of a topic say
   * @param bytesOf the document's bytes; they must not change
   * @returns one for each item, in order
   * @throws HubError `VERIFIER_FAILED` if the pool itself fails or is closed: nothing is wrong with the documents
   */
  async check<K extends CheckedKind, Item>(
    kind: K,
    items: readonly Item[],
    bytesOf: (item: Item) => Buffer,
  ): Promise<readonly Checked<K, Item>[]> {
    if (items.length === 0) return [];
    const start = performance.now();
    const documents = items.map(bytesOf);
    const answers = await this.#answersTo(kind, documents);
    this.#observer?.checked(kind, documents.length, performance.now() - start);
    return items.map((item, i) => {
      const [bytes, about] = [documents[i], answers[i]];
      if (bytes === undefined || about === undefined)
        throw new TypeError(`document ${i} was not answered for`);
      return { item, judge: (trust, at) => conclude(kind, bytes, about, trust, at) };
    });
  }

  /** Ends the threads; batches under way are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool?.close();
  }

  async #answersTo<K extends CheckedKind>(
    kind: K,
    documents: readonly Buffer[],
  ): Promise<readonly Answer<K>[]> {
    if (this.#closed) throw new HubError('VERIFIER_FAILED', 'the verifier is closed');
    const pool = this.#pool;
    if (pool === null || fits(documents, INLINE)) return this.#here(kind, documents);
    const tasks = inTasks(documents, THREADED).map((task) => this.#onThread(pool, kind, task));
    return (await Promise.all(tasks)).flat();
  }

  async #here<K extends CheckedKind>(kind: K, documents: readonly Buffer[]): Promise<readonly Answer<K>[]> {
    const answers: Answer<K>[] = [];
    for (const task of inTasks(documents, INLINE)) {
      if (answers.length > 0) await setImmediate();
      answers.push(...task.map((bytes) => answer(kind, bytes)));
    }
    return answers;
  }

  /** A task whose thread dies is split, so that only the document that kills threads has to answer for it. */
  async #onThread<K extends CheckedKind>(
    pool: Threads<PoolTask, string>,
    kind: K,
    documents: readonly Buffer[],
  ): Promise<readonly Answer<K>[]> {
    try {
      return await this.#run(pool, kind, documents);
    } catch (cause) {
      if (this.#closed) throw new HubError('VERIFIER_FAILED', 'the verifier is closed', { cause });
      this.#observer?.failed(cause);
      if (documents.length > 1) {
        return (await Promise.all(documents.map((bytes) => this.#onThread(pool, kind, [bytes])))).flat();
      }
      await this.#requireThread(pool);
      const message = 'the thread that checked the document has died or did not end';
      return [{ refusal: { code: 'VERIFIER_FAILED', message, details: {} } }];
    }
  }

  /** @throws HubError `VERIFIER_FAILED` if threads do not even answer an empty task */
  async #requireThread(pool: Threads<PoolTask, string>): Promise<void> {
    try {
      await this.#run(pool, 'event', []);
    } catch (cause) {
      throw new HubError('VERIFIER_FAILED', 'no thread for checking documents can be started', { cause });
    }
  }

  async #run<K extends CheckedKind>(
    pool: Threads<PoolTask, string>,
    kind: K,
    documents: readonly Buffer[],
  ): Promise<readonly Answer<K>[]> {
    // A Buffer may be a window into a larger block: only its own bytes are copied, and the copy is handed over.
    const packed = new ArrayBuffer(documents.reduce((sum, { length }) => sum + length, 0));
    const target = Buffer.from(packed);
    let start = 0;
    for (const bytes of documents) start += bytes.copy(target, start);
    const lengths = documents.map(({ length }) => length);
    const text = await pool.run({ kind, packed, lengths }, [packed]);
    await this.#ownTurn();
    return JSON.parse(text) as readonly Answer<K>[];
  }

  /** Answers often arrive together: each is taken in during a turn of its own, and what else waits goes between. */
  #ownTurn(): Promise<unknown> {
    this.#turn = this.#turn.then(() => setImmediate());
    return this.#turn;
  }
}
