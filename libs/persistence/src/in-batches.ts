import type { Tx, UnitOfWork } from './unit-of-work.ts';

/** Rows of one transaction. */
const AT_ONCE = 1_000;
/** Transactions of one call: what is left is for the next time. */
const MOST_BATCHES = 10;

/**
 * Does what concerns many rows in several short transactions: until one found fewer than it could take, and at most
 * 10,000 rows, so that nobody waits for it.
 * @param step takes up to `limit` rows and says how many it took
 * @returns how many were taken in all
 */
export async function inBatches(
  work: Pick<UnitOfWork, 'run'>,
  step: (tx: Tx, limit: number) => Promise<number>,
): Promise<number> {
  let taken = 0;
  for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
    const more = await work.run((tx) => step(tx, AT_ONCE));
    taken += more;
    if (more < AT_ONCE) break;
  }
  return taken;
}
