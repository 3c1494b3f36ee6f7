import { inBatches, type UnitOfWork } from '#persistence';
import { z } from 'zod';

const DAY_MS = 86_400_000;

/**
 * The least is how long topics keep their records: an entry that is gone is not known again when its record is read again,
 * which before that can happen.
 */
export const quarantineConfig = z
  .object({
    QUARANTINE_KEPT_DAYS: z.coerce
      .number()
      .int()
      .min(90)
      .default(400)
      .describe('how many days an entry of the quarantine stays once it is closed, at least 90'),
  })
  .transform((env) => ({ keptDays: env.QUARANTINE_KEPT_DAYS }));

export interface PruneQuarantineOptions {
  readonly keptDays: number;
  /** A condition on rows of `quarantine q` that stay all the same. */
  readonly unless?: string;
}

/**
 * What forgets entries, and re-runs, that were closed long ago. What is parked stays, however old. What operators did
 * stays as well: each action names the record by its place and the digest of its bytes.
 * @returns a chore; it says how many entries went
 */
export function quarantineChore({
  keptDays,
  unless = 'false',
}: PruneQuarantineOptions): (work: UnitOfWork, now: Date) => Promise<number> {
  return async (work, now) => {
    const before = new Date(now.getTime() - keptDays * DAY_MS);
    await work.run((tx) => tx.query('delete from quarantine_rerun where ended_at < $1', [before]));
    return inBatches(work, async (tx, limit) => {
      // What somebody works on in this moment is left for the next time.
      const gone = await tx.query(
        `delete from quarantine where id in (
           select id from quarantine q
           where q.closed_at < $1 and q.status <> 'parked' and not (${unless})
           order by q.closed_at limit $2 for update skip locked)
         returning id`,
        [before, limit],
      );
      return gone.length;
    });
  };
}
