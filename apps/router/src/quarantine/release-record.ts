import { topics } from '#contracts';
import { HubError } from '#errors';
import type { IncomingRecord, Outcome } from '#messaging';
import type { Clock } from '#platform';
import type { QuarantineEntry, QuarantineStore } from './quarantine-store.ts';

export interface ReleaseResult {
  readonly id: string;
  /**
   * `released`: it passed this time. `held`: it passed, and waits for an earlier event of its author. `parked`: the
   * same checks refused it again. `later`: it could not be judged yet.
   */
  readonly status: 'released' | 'held' | 'parked' | 'later';
  readonly code: string | null;
}

/** A use case that judges records: the one that parked the entry. */
interface Judge {
  run(records: readonly IncomingRecord[]): Promise<Outcome[]>;
}

/**
 * Runs a parked record through exactly the checks that every record passes; nothing skips one. What passes now gets its
 * place in the practice and is sent as any other.
 */
export class ReleaseRecord {
  readonly #store: QuarantineStore;
  readonly #events: Judge;
  readonly #receipts: Judge;
  readonly #clock: Clock;

  constructor(store: QuarantineStore, events: Judge, receipts: Judge, clock: Clock) {
    this.#store = store;
    this.#events = events;
    this.#receipts = receipts;
    this.#clock = clock;
  }

  /** @throws HubError `QUARANTINE_NOT_FOUND`, `QUARANTINE_ALREADY_CLOSED` */
  async run(id: string): Promise<ReleaseResult> {
    const entry = await this.#store.get(id);
    if (entry.status !== 'parked')
      throw new HubError('QUARANTINE_ALREADY_CLOSED', `entry ${id} is ${entry.status}`);
    const judge = entry.origin.topic === topics.receipts ? this.#receipts : this.#events;
    const [outcome] = await judge.run([asRecord(entry)]);
    if (outcome?.kind === 'park') return { id, status: 'parked', code: outcome.code };
    if (outcome === undefined || outcome.kind === 'retry') return { id, status: 'later', code: null };
    await this.#store.close(id, this.#clock.now());
    return outcome.kind === 'hold'
      ? { id, status: 'held', code: outcome.code }
      : { id, status: 'released', code: null };
  }
}

function asRecord(entry: QuarantineEntry): IncomingRecord {
  return {
    ...entry.origin,
    key: null,
    value: entry.bytes,
    headers: Object.fromEntries(
      Object.entries(entry.headers).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    ),
    timestamp: entry.parkedAt,
  };
}
