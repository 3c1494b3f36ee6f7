import { createHash } from 'node:crypto';

import { HubError } from '#errors';
import { forEach, SomeFailed, type Tx, type UnitOfWork } from '#persistence';
import { zip, type Clock } from '#platform';

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

/** A request with what makes it known again. */
export interface Asked<Request> {
  readonly attempt: Attempt;
  readonly request: Request;
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
  async run<T extends object>(attempt: Attempt, work: (tx: Tx) => Promise<T>): Promise<Answered<T>> {
    return await this.#work.run(async (tx) => {
      try {
        const alone = [{ attempt, request: null }];
        const [answered] = await this.answer(tx, alone, async () => [await work(tx)]);
        return answered as Answered<T>;
      } catch (error) {
        throw error instanceof SomeFailed ? error.reasons.get(0) : error;
      }
    });
  }

  /**
   * The same for several requests in the caller's transaction. `work` is given those that were not answered before, and
   * answers each of them, in their order.
   * @throws SomeFailed with `IDEMPOTENCY_KEY_REUSED` for each that has another's key, and with what `work` says of some
   */
  async answer<Request, T extends object>(
    tx: Tx,
    asked: readonly Asked<Request>[],
    work: (requests: readonly Request[]) => Promise<readonly T[]>,
  ): Promise<Answered<T>[]> {
    const known = await answersBefore<T>(tx, asked);
    const entries = withFirsts(asked);
    await forEach(entries, ({ attempt, id, first }) => {
      const { contentDigest: digest } = (id === null ? undefined : known.get(id)) ?? first.attempt;
      if (digest === attempt.contentDigest) return;
      throw new HubError('IDEMPOTENCY_KEY_REUSED', `the key ${attempt.key} was used for another request`);
    });
    const news = entries.filter(({ id, place, first }) => !known.has(id ?? '') && first === asked[place]);
    const results = await ofSome(news, () => work(news.map(({ request }) => request)));
    const answers = new Map(zip(news, results).map(([{ first }, answer]) => [first, answer]));
    await this.#keep(
      tx,
      zip(news, results).map(([{ attempt }, answer]) => ({ attempt, answer })),
    );
    return entries.map(({ id, place, first }) => {
      const answer = known.get(id ?? '')?.answer ?? answers.get(first);
      if (answer === undefined) throw new RangeError(`request ${place} has no answer`);
      return { answer, repeated: known.has(id ?? '') || first !== asked[place] };
    });
  }

  async #keep(
    tx: Tx,
    answered: readonly { readonly attempt: Attempt; readonly answer: object }[],
  ): Promise<void> {
    const kept = answered.filter(({ attempt }) => attempt.key !== null);
    if (kept.length === 0) return;
    await tx.query(
      `insert into idempotency (token_id, key, content_digest, answer, created_at)
       select a.token_id, a.key, a.digest, a.answer::json, $5
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as a(token_id, key, digest, answer)`,
      [
        kept.map(({ attempt }) => attempt.tokenId),
        kept.map(({ attempt }) => attempt.key),
        kept.map(({ attempt }) => attempt.contentDigest),
        kept.map(({ answer }) => JSON.stringify(answer)),
        this.#clock.now(),
      ],
    );
  }
}

/** What was answered under a key. */
interface AnswerBefore<T> {
  readonly contentDigest: string;
  readonly answer: T;
}

/** Locks the keys to the end of the transaction, in one order for everybody, and reads what was answered under them. */
async function answersBefore<T>(
  tx: Tx,
  asked: readonly Asked<unknown>[],
): Promise<ReadonlyMap<string, AnswerBefore<T>>> {
  const keyed = asked.map(({ attempt }) => attempt).filter(({ key }) => key !== null);
  if (keyed.length === 0) return new Map();
  await tx.query(
    `select pg_advisory_xact_lock($1, hash)
     from (select distinct hashtext(id) as hash from unnest($2::text[]) as id order by 1) as hashes`,
    [KEY_LOCK, keyed.map(idOf)],
  );
  const rows = await tx.query<AnswerBefore<T> & { tokenId: string; key: string }>(
    `select i.token_id as "tokenId", i.key, i.content_digest as "contentDigest", i.answer
     from unnest($1::uuid[], $2::text[]) as a(token_id, key) join idempotency i using (token_id, key)`,
    [keyed.map(({ tokenId }) => tokenId), keyed.map(({ key }) => key)],
  );
  return new Map(rows.map((row) => [`${row.tokenId} ${row.key}`, row]));
}

/** Null if nothing is remembered of the request. */
function idOf({ tokenId, key }: RepeatableCaller): string | null {
  return key === null ? null : `${tokenId} ${key}`;
}

interface Entry<Request> extends Asked<Request> {
  readonly place: number;
  readonly id: string | null;
  /** The first of the same key, itself mostly. */
  readonly first: Asked<Request>;
}

function withFirsts<Request>(asked: readonly Asked<Request>[]): Entry<Request>[] {
  const firsts = new Map<string, Asked<Request>>();
  return asked.map((one, place) => {
    const id = idOf(one.attempt);
    const first = (id === null ? undefined : firsts.get(id)) ?? one;
    if (id !== null) firsts.set(id, first);
    return { ...one, place, id, first };
  });
}

/** Runs the work of some of several requests: what it says of its second is said of that one's place among all. */
async function ofSome<T>(
  some: readonly { readonly place: number }[],
  work: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  if (some.length === 0) return [];
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SomeFailed)) throw error;
    const reasons = [...error.reasons].map(([index, reason]) => [some[index]?.place ?? -1, reason] as const);
    throw new SomeFailed(new Map(reasons));
  }
}

/** Forgets answers older than `KEPT_DAYS`. */
export async function forgetOldAnswers(tx: Tx, now: Date): Promise<void> {
  await tx.query(`delete from idempotency where created_at < $1::timestamptz - make_interval(days => $2)`, [
    now,
    KEPT_DAYS,
  ]);
}
