import { HubError } from '#errors';
import { backoff } from '#platform';

import { retry, type Outcome } from './outcome.ts';
import type { IncomingRecord } from './record.ts';

/** Handles a batch in one go (one transaction): one outcome per record, in the same order. */
export type BatchHandler = (records: readonly IncomingRecord[]) => Promise<readonly Outcome[]>;

/**
 * Stores a record that the handler fails on every time, with the error, and says what becomes of it: usually
 * `park(error.code)`. While it throws, the record's partition waits.
 */
export type PoisonHandler = (record: IncomingRecord, error: HubError) => Promise<Outcome>;

/** How often a record is tried alone before it counts as poison. */
const MAX_ATTEMPTS = 5;
const PAUSE = { baseMs: 100, maxMs: 10_000 } as const;

/**
 * Wraps a handler so that it never throws. An error that says "later" (disposition retry: the database is away) sends
 * the whole batch back. Any other error is traced to its record: the batch is handled again one by one; the record that
 * fails is retried with growing pauses, and goes to the poison handler at last. The others go on.
 */
export class IsolatingHandler {
  readonly #handle: BatchHandler;
  readonly #onPoison: PoisonHandler;
  readonly #onError: (error: unknown, record: IncomingRecord | null) => void;
  readonly #attempts = new Map<string, number>();
  #setbacks = 0;

  constructor(
    handle: BatchHandler,
    onPoison: PoisonHandler,
    onError: (error: unknown, record: IncomingRecord | null) => void,
  ) {
    this.#handle = handle;
    this.#onPoison = onPoison;
    this.#onError = onError;
  }

  /** One outcome per record, in order. Never throws. */
  async handle(records: readonly IncomingRecord[]): Promise<readonly Outcome[]> {
    const accepted = records.filter(({ refused }) => refused === undefined);
    if (accepted.length < records.length) return this.#besideRefused(records, accepted);
    try {
      const outcomes = await this.#checked(records);
      this.#setbacks = 0;
      for (const record of records) this.#attempts.delete(place(record));
      return outcomes;
    } catch (error) {
      this.#onError(error, null);
      if (isLater(error)) return this.#sendBack(records);
      if (records[0] !== undefined && records.length === 1)
        return [await this.#failedAlone(records[0], error)];
      return this.#oneByOne(records);
    }
  }

  /** Forgets what was counted: the partitions may now be another member's. */
  reset(): void {
    this.#attempts.clear();
  }

  /** What is refused goes to the poison handler, and the others are handled as if it were not there. */
  async #besideRefused(
    records: readonly IncomingRecord[],
    accepted: readonly IncomingRecord[],
  ): Promise<readonly Outcome[]> {
    const outcomes = new Map<IncomingRecord, Outcome>();
    const handled = accepted.length === 0 ? [] : await this.handle(accepted);
    accepted.forEach((record, index) => outcomes.set(record, handled[index] ?? retry(PAUSE.baseMs)));
    for (const record of records) {
      if (record.refused === undefined) continue;
      const error = new HubError(record.refused, `${place(record)} is the last of a compressed batch`);
      outcomes.set(record, await this.#failedAlone(record, error));
    }
    return records.map((record) => outcomes.get(record) ?? retry(PAUSE.baseMs));
  }

  #sendBack(records: readonly IncomingRecord[]): Outcome[] {
    const pause = retry(backoff(this.#setbacks, PAUSE));
    this.#setbacks += 1;
    return records.map(() => pause);
  }

  async #oneByOne(records: readonly IncomingRecord[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const waiting = new Map<string, Outcome>();
    for (const record of records) {
      const partition = `${record.topic}/${record.partition}`;
      // Behind a record that waits, its partition waits with it: order is kept.
      const outcome = waiting.get(partition) ?? (await this.#alone(record));
      if (outcome.kind === 'retry') waiting.set(partition, outcome);
      outcomes.push(outcome);
    }
    return outcomes;
  }

  async #alone(record: IncomingRecord): Promise<Outcome> {
    try {
      const [outcome] = await this.#checked([record]);
      this.#attempts.delete(place(record));
      return outcome ?? retry(PAUSE.baseMs);
    } catch (error) {
      return this.#failedAlone(record, error);
    }
  }

  async #failedAlone(record: IncomingRecord, error: unknown): Promise<Outcome> {
    const attempts = (this.#attempts.get(place(record)) ?? 0) + 1;
    this.#attempts.set(place(record), attempts);
    this.#onError(error, record);
    const isFinal = error instanceof HubError && error.policy.disposition === 'park';
    if (isLater(error) || (!isFinal && attempts < MAX_ATTEMPTS)) return retry(backoff(attempts - 1, PAUSE));
    try {
      const outcome = await this.#onPoison(record, poison(error, attempts));
      if (outcome.kind !== 'retry') this.#attempts.delete(place(record));
      return outcome;
    } catch (failure) {
      this.#onError(failure, record);
      return retry(backoff(attempts - 1, PAUSE));
    }
  }

  async #checked(records: readonly IncomingRecord[]): Promise<readonly Outcome[]> {
    const outcomes: unknown = await this.#handle(records);
    if (Array.isArray(outcomes) && outcomes.length === records.length && outcomes.every(isOutcome))
      return outcomes;
    const got = Array.isArray(outcomes) ? `${outcomes.length} values` : typeof outcomes;
    throw new HubError('HANDLER_OUTCOMES', `the handler of ${records.length} records answered ${got}`);
  }
}

const KINDS: ReadonlySet<unknown> = new Set(['done', 'retry', 'hold', 'park'] satisfies Outcome['kind'][]);

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && 'kind' in value && KINDS.has(value.kind);
}

function isLater(error: unknown): boolean {
  return error instanceof HubError && error.policy.disposition === 'retry';
}

function poison(error: unknown, attempts: number): HubError {
  if (error instanceof HubError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new HubError('HANDLER_FAILED', `${attempts} attempts, at last: ${reason}`, { cause: error });
}

function place(record: IncomingRecord): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}
