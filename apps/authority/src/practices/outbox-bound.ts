import { HubError } from '#errors';
import { outboxBacklog, type UnitOfWork } from '#persistence';
import { sharedAnswer } from '#platform';
import { z } from 'zod';

const MIB = 1024 * 1024;

/** How much may wait for the broker before this node takes nothing more in. */
export const outboxBoundConfig = z
  .object({
    OUTBOX_MAX_RECORDS: z.coerce
      .number()
      .int()
      .min(1)
      .default(200_000)
      .describe('how many records may wait to be sent before filings and acts are answered 503'),
    OUTBOX_MAX_MIB: z.coerce
      .number()
      .int()
      .min(1)
      .default(2_048)
      .describe('how many MiB may wait to be sent before filings and acts are answered 503'),
  })
  .transform((env): OutboxLimits => ({ records: env.OUTBOX_MAX_RECORDS, bytes: env.OUTBOX_MAX_MIB * MIB }));

export interface OutboxLimits {
  readonly records: number;
  readonly bytes: number;
}

/** How old a measurement may be, milliseconds: what is filed meanwhile goes beyond the bound. */
const MEASURED_FOR_MS = 1_000;
/** When a caller that was refused may try again, seconds. */
const RETRY_AFTER_SECONDS = 30;

/**
 * While the broker is away filings and acts are still taken, and wait in the outbox; up to a bound, so that a node's
 * disk is never filled by what it promised to send.
 */
export class OutboxBound {
  readonly #work: UnitOfWork;
  readonly #limits: OutboxLimits;
  /** Why nothing is sent, to be told to who is refused: an error code, or null. */
  readonly #why: () => string | null;
  /** What is full and why, as one sentence; null while there is room. */
  readonly full: () => Promise<string | null>;

  constructor(work: UnitOfWork, limits: OutboxLimits, why: () => string | null) {
    this.#work = work;
    this.#limits = limits;
    this.#why = why;
    this.full = sharedAnswer(() => this.#measure(), MEASURED_FOR_MS);
  }

  /** @throws HubError `OUTBOX_FULL` */
  async check(): Promise<void> {
    const full = await this.full();
    if (full === null) return;
    throw new HubError('OUTBOX_FULL', full, { details: { retryAfterSeconds: RETRY_AFTER_SECONDS } });
  }

  async #measure(): Promise<string | null> {
    const { unsent, bytes } = await this.#work.run(outboxBacklog);
    const { records: maxRecords, bytes: maxBytes } = this.#limits;
    if (unsent < maxRecords && bytes < maxBytes) return null;
    const why = this.#why();
    const mib = (value: number): string => (value / MIB).toFixed(1);
    return `${unsent} records of at most ${maxRecords} and ${mib(bytes)} MiB of at most ${mib(maxBytes)} wait to be sent${why === null ? '' : ` (${why})`}`;
  }
}
