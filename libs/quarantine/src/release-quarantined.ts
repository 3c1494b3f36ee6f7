import type { IncomingRecord, Outcome } from '#messaging';
import type { Tx, UnitOfWork } from '#persistence';
import type { Clock } from '#platform';
import { QuarantineStore, recordOf } from './quarantine-store.ts';

export interface ReleaseResult {
  readonly id: string;
  /**
   * `released`: it passed this time. `held`: it passed, and waits for an earlier event of its author. `parked`: the
   * same checks refused it again. `later`: it could not be judged yet.
   */
  readonly status: 'released' | 'held' | 'parked' | 'later';
  readonly code: string | null;
}

export interface ReleaseParts {
  readonly work: UnitOfWork;
  readonly clock: Clock;
  /** Judges a record by the checks that parked it, with all its effects, in the transaction given. */
  readonly judge: (tx: Tx, record: IncomingRecord) => Promise<Outcome>;
}

/** Runs a parked record through exactly the checks that every record passes; nothing skips one. */
export class ReleaseQuarantined {
  readonly #parts: ReleaseParts;
  readonly #store: QuarantineStore;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
    this.#store = new QuarantineStore(parts.work);
  }

  /**
   * Judges again, in the caller's transaction. The record's effects and the end of its entry commit together: of several who
   * release at once, one does it.
   * @throws HubError `QUARANTINE_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED`
   */
  async run(tx: Tx, id: string): Promise<ReleaseResult> {
    const entry = await this.#store.lock(tx, id);
    const outcome = await this.#parts.judge(tx, recordOf(entry));
    if (outcome.kind === 'park') return { id, status: 'parked', code: outcome.code };
    if (outcome.kind === 'retry') return { id, status: 'later', code: null };
    await this.#store.close(tx, id, this.#parts.clock.now());
    return outcome.kind === 'hold'
      ? { id, status: 'held', code: outcome.code }
      : { id, status: 'released', code: null };
  }
}
