import type { Chore } from '#node';
import { inBatches } from '#persistence';
import { z } from 'zod';

const DAY_MS = 86_400_000;

/** The least is longer than the time after which everything is compared from the beginning (`schedule.ts`). */
export const reconciliationsConfig = z
  .object({
    RECONCILIATIONS_KEPT_DAYS: z.coerce
      .number()
      .int()
      .min(60)
      .default(400)
      .describe('how many days a reconciliation stays once it has ended, with its certificate; at least 60'),
  })
  .transform((env) => ({ keptDays: env.RECONCILIATIONS_KEPT_DAYS }));

/**
 * Forgets reconciliations that ended long ago. Of each neighbour the last one of each outcome stays, however old: by those
 * the node knows how it stands with the neighbour, and what is open between them.
 */
export function reconciliationChore({ keptDays }: z.output<typeof reconciliationsConfig>): Chore {
  return (work, now) =>
    inBatches(work, async (tx, limit) => {
      const gone = await tx.query(
        `delete from reconciliation where id in (
           select r.id from reconciliation r
           where r.ended_at < $1
             and exists (select from reconciliation l
                         where l.partner = r.partner and l.status = r.status and l.code is not distinct from r.code
                           and (l.ended_at, l.id) > (r.ended_at, r.id))
           order by r.ended_at limit $2)
         returning id`,
        [new Date(now.getTime() - keptDays * DAY_MS), limit],
      );
      return gone.length;
    });
}
