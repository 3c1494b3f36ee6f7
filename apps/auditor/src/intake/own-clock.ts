import type { Tx } from '#persistence';

/** What a clock may lie behind without being wrong: time between a transaction's begin and its commit, two machines. */
const TOLERANCE_MS = 60_000;

/**
 * By how much this node's clock is known to be behind, milliseconds; 0 if nothing speaks against it. It cannot be earlier
 * than when the log took in what it holds, and its database has a clock, too, which may be another machine's.
 */
export async function clockLag(tx: Tx, now: Date): Promise<number> {
  const [row] = await tx.query<{ known: Date }>(
    'select greatest(clock_timestamp(), (select taken_at from log_entry order by id desc limit 1)) as known',
  );
  const lag = (row?.known.getTime() ?? 0) - now.getTime();
  return lag > TOLERANCE_MS ? lag : 0;
}
