import { createHash } from 'node:crypto';

import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import type { Clock } from '#platform';

/** How long an answer is kept for a caller that tries again, in days. */
export const KEPT_DAYS = 30;

/** Namespace of the advisory locks under which requests with one key wait for each other. */
const KEY_LOCK = 7_220_401;

/** Who asks, and how a repetition of the request would be known. */
export interface RepeatableCaller {
  readonly tokenId: string;
  /** The header `Idempotency-Key`; null if the caller gave none: then nothing is remembered. */
  readonly key: string | null;
}

/** A POST as far as repeating it goes. */
export interface Attempt extends RepeatableCaller {
  readonly contentDigest: string;
}

/** A document of a request, as far as repeating it goes. */
export interface SentDocument {
  /** The form field it came in. */
  readonly field: string;
  readonly stored: { readonly sha256: string };
}

/**
 * What a request asks, as one digest: its route, its fields, and the digests of its documents in their order. Names and
 * media types do not count: whoever tries again may send the same bytes from another place.
 */
export function contentDigest(
  route: string,
  fields: ReadonlyMap<string, readonly string[]> = new Map(),
  documents: readonly SentDocument[] = [],
): string {
  const content = {
    route,
    fields: [...fields].sort(([one], [other]) => (one < other ? -1 : 1)),
    documents: documents.map(({ field, stored }) => [field, stored.sha256]),
  };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** An answer, and whether it was given before. */
export interface Answered<T> {
  readonly answer: T;
  readonly repeated: boolean;
}

/** Does what a POST asks once per key, and keeps the answers in the node's database. */
export class AnswerOnce {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  /**
   * Does a piece of work once per key: the answer commits with the work, so a crash leaves either both or neither. A
   * second request with the same key waits for the first (the lock lasts as long as its transaction), then gets its answer.
   * @throws HubError `IDEMPOTENCY_KEY_REUSED` for the same key with another content
   */
  run<T extends object>(attempt: Attempt, work: (tx: Tx) => Promise<T>): Promise<Answered<T>> {
    return this.#work.run(async (tx) => {
      const { tokenId, key, contentDigest: digest } = attempt;
      if (key === null) return { answer: await work(tx), repeated: false };
      await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [KEY_LOCK, `${tokenId} ${key}`]);
      const [before] = await tx.query<{ digest: string; answer: T }>(
        'select content_digest as digest, answer from idempotency where token_id = $1 and key = $2',
        [tokenId, key],
      );
      if (before && before.digest !== digest) {
        throw new HubError('IDEMPOTENCY_KEY_REUSED', `the key ${key} was used for another request`);
      }
      if (before) return { answer: before.answer, repeated: true };
      const answer = await work(tx);
      await tx.query(
        'insert into idempotency (token_id, key, content_digest, answer, created_at) values ($1, $2, $3, $4, $5)',
        [tokenId, key, digest, JSON.stringify(answer), this.#clock.now()],
      );
      return { answer, repeated: false };
    });
  }
}

/** Forgets answers older than `KEPT_DAYS`. */
export async function forgetOldAnswers(tx: Tx, now: Date): Promise<void> {
  await tx.query(`delete from idempotency where created_at < $1::timestamptz - make_interval(days => $2)`, [
    now,
    KEPT_DAYS,
  ]);
}
