import { Gatherer } from '#platform';

import { HubError } from '#errors';

import type { Tx, UnitOfWork } from './unit-of-work.ts';

/** Pieces of work in one transaction: what they lock stays locked for all of them. */
const MOST = 64;

/** Of pieces of work done together some cannot be done, each for its own reason, by its place among them. */
export class SomeFailed extends Error {
  readonly reasons: ReadonlyMap<number, unknown>;

  constructor(reasons: ReadonlyMap<number, unknown>) {
    super(`${reasons.size} of several pieces of work failed`);
    this.reasons = reasons;
  }
}

/**
 * Does one step of each piece of work, all at once.
 * @throws SomeFailed with the reason of each piece whose step failed, after all have ended
 */
export async function forEach<Item, Result>(
  items: readonly Item[],
  step: (item: Item, place: number) => Result | Promise<Result>,
): Promise<Result[]> {
  const settled = await Promise.allSettled(items.map(async (item, place) => step(item, place)));
  const reasons = settled.flatMap((one, place) =>
    one.status === 'rejected' ? [[place, one.reason as unknown] as const] : [],
  );
  if (reasons.length > 0) throw new SomeFailed(new Map(reasons));
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** What the work makes of each piece, in their order. */
type WorkTogether<Item, Result> = (tx: Tx, items: readonly Item[]) => Promise<readonly Result[]>;

/**
 * Does what comes at the same time in one transaction: what takes turns at one row (a counter) waits for one commit,
 * and not for one each. What comes while a transaction runs makes up the next. A piece that fails fails alone: the
 * transaction is rolled back, and the others are done without it.
 */
export class Together<Item, Result> {
  readonly #work: UnitOfWork;
  readonly #run: WorkTogether<Item, Result>;
  readonly #gatherer: Gatherer<Item, PromiseSettledResult<Result>>;

  /** @param run may be called again with some of the pieces, and must have no effect outside the transaction */
  constructor(work: UnitOfWork, run: WorkTogether<Item, Result>) {
    this.#work = work;
    this.#run = run;
    this.#gatherer = new Gatherer<Item, PromiseSettledResult<Result>>(
      { records: MOST, bytes: Number.POSITIVE_INFINITY, lingerMs: 0, paceMs: 0 },
      () => 1,
      (items) => this.#settle(items),
    );
  }

  /** The result of one piece of work; it is committed then. @throws what the work throws for it, and what `UnitOfWork.run` does */
  async run(item: Item): Promise<Result> {
    const [settled] = await this.#gatherer.submit([item]);
    if (settled?.status === 'fulfilled') return settled.value;
    throw settled?.reason;
  }

  async #settle(items: readonly Item[]): Promise<PromiseSettledResult<Result>[]> {
    const failed = new Map<number, unknown>();
    for (;;) {
      const places = items.map((_, place) => place).filter((place) => !failed.has(place));
      if (places.length === 0) return items.map((_, place) => rejected(failed.get(place)));
      try {
        const pieces = places.map((place) => items[place] as Item);
        const results = await this.#work.run((tx) => this.#run(tx, pieces));
        const byPlace = new Map(places.map((place, index) => [place, results[index] as Result]));
        return items.map((_, place) =>
          failed.has(place)
            ? rejected(failed.get(place))
            : { status: 'fulfilled', value: byPlace.get(place) as Result },
        );
      } catch (error) {
        if (error instanceof SomeFailed) {
          for (const [index, reason] of error.reasons) failed.set(places[index] ?? -1, reason);
        } else if (places.length === 1 || isOfAll(error)) {
          for (const place of places) failed.set(place, error);
        } else {
          return await this.#oneByOne(items, failed);
        }
      }
    }
  }

  /** The database refused the whole of it, and does not say for whose sake. */
  async #oneByOne(
    items: readonly Item[],
    failed: ReadonlyMap<number, unknown>,
  ): Promise<PromiseSettledResult<Result>[]> {
    const settled: PromiseSettledResult<Result>[] = [];
    for (const [place, item] of items.entries()) {
      if (failed.has(place)) settled.push(rejected(failed.get(place)));
      else settled.push(...(await this.#settle([item])));
    }
    return settled;
  }
}

/** Nothing is wrong with any piece; whether it was committed may even be open. */
function isOfAll(error: unknown): boolean {
  return error instanceof HubError && error.policy.disposition === 'retry';
}

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}
