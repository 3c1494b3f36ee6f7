/** Verifying many events at once on worker threads, so that the event loop stays free. */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { HubError } from '#errors';
import { readCertificateText } from './certificate.ts';
import type { IntactEvent, Outcome, PoolTask } from './pool-worker.ts';
import type { TrustView } from './trust.ts';
import { concludeEvent, type VerifiedEvent } from './verified-event.ts';

/** How one event of a batch ended: verified, or refused with the code that `verifyEvent` would have thrown. */
export type BatchResult = { readonly verified: VerifiedEvent } | { readonly refused: HubError };

export interface PoolOptions {
  /** Worker threads; by default one for each processor, at most four. */
  readonly threads?: number;
}

const MAX_THREADS = 4;
/** Events in one task: no turn of the event loop takes in more. */
export const TASK_EVENTS = 16;
/** A task is closed early at this size, bytes: packing copies. */
const TASK_BYTES = 1_048_576;

const IN_SOURCES = import.meta.filename.endsWith('.ts');
/** Beside this file, compiled like it; tests run the sources as they are. */
const WORKER = fileURLToPath(
  IN_SOURCES ? new URL('./pool-worker.ts', import.meta.url) : new URL('./pool-worker.js', import.meta.url),
);
const WORKER_ARGUMENTS = IN_SOURCES
  ? ['--conditions=source', '--experimental-transform-types', '--no-warnings']
  : [];

/**
 * Worker threads that verify events. They do all that follows from the bytes; who signed is judged on the calling
 * thread, afterwards, against the trust view as it is then: that is cheap, and no revocation is missed because a thread
 * holds an older copy.
 */
export class VerifierPool {
  readonly #pool: Piscina<PoolTask, readonly Outcome<IntactEvent>[]>;
  /** The turn of the event loop that the latest answer was given. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ threads = Math.min(MAX_THREADS, availableParallelism()) }: PoolOptions = {}) {
    this.#pool = new Piscina({
      filename: WORKER,
      minThreads: threads,
      maxThreads: threads,
      execArgv: WORKER_ARGUMENTS,
    });
  }

  /** `verifyEvent` for each of `events`, in order. Rejects only if the pool itself fails or is closed. */
  async verifyBatch(
    events: readonly Buffer[],
    trust: TrustView,
    arrivedAt: Date,
  ): Promise<readonly BatchResult[]> {
    const results = await Promise.all(
      inTasks(events).map(async (task) => {
        const outcomes = await this.#run(task);
        await this.#ownTurn();
        return outcomes.flatMap((outcome, i) => {
          const bytes = task[i];
          return bytes === undefined ? [] : [conclude(bytes, outcome, trust, arrivedAt)];
        });
      }),
    );
    return results.flat();
  }

  /** Ends the threads; batches under way are rejected. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** Answers often arrive together: each is taken in during a turn of its own, and what else waits goes between. */
  #ownTurn(): Promise<unknown> {
    this.#turn = this.#turn.then(() => setImmediate());
    return this.#turn;
  }

  #run(events: readonly Buffer[]): Promise<readonly Outcome<IntactEvent>[]> {
    // A Buffer may be a window into a larger block: only its own bytes are copied, and the copy is handed over.
    const packed = new ArrayBuffer(events.reduce((sum, { length }) => sum + length, 0));
    const target = Buffer.from(packed);
    let start = 0;
    for (const bytes of events) start += bytes.copy(target, start);
    const lengths = events.map(({ length }) => length);
    return this.#pool.run({ packed, lengths }, { transferList: [packed] });
  }
}

function inTasks(events: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const tasks: Buffer[][] = [];
  let room = 0;
  for (const bytes of events) {
    const last = tasks.at(-1);
    if (last === undefined || last.length >= TASK_EVENTS || bytes.length > room) {
      tasks.push([bytes]);
      room = TASK_BYTES - bytes.length;
    } else {
      last.push(bytes);
      room -= bytes.length;
    }
  }
  return tasks;
}

function conclude(bytes: Buffer, outcome: Outcome<IntactEvent>, trust: TrustView, at: Date): BatchResult {
  try {
    const { event, certificate, ...intact } = valueOf(outcome);
    const document = { ...intact, bytes, certificate: readCertificateText(certificate) };
    return { verified: concludeEvent(document, trust, at, () => valueOf(event)) };
  } catch (error) {
    if (error instanceof HubError) return { refused: error };
    throw error;
  }
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  const { code, message, details } = outcome.refusal;
  throw new HubError(code, message, { details });
}
