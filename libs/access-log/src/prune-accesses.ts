import type { UnitOfWork } from '#persistence';
import { z } from 'zod';

const DAY_MS = 86_400_000;
/** Anchors whose accesses go in one transaction. */
const AT_ONCE = 20;

/** Shorter than half a year is refused: who asks who has read his file asks months later. */
export const accessesConfig = z
  .object({
    ACCESSES_KEPT_DAYS: z.coerce
      .number()
      .int()
      .min(180)
      .default(730)
      .describe('how many days it is kept who has read what, at least 180'),
  })
  .transform((env) => ({ keptDays: env.ACCESSES_KEPT_DAYS }));

/**
 * What forgets accesses that are older, all those of an anchor together: the proof of one needs the hashes of the
 * others. Their leaf stays in the log, and the action at this node.
 * @returns a chore; it says how many anchors went
 */
export function accessesChore({
  keptDays,
}: {
  readonly keptDays: number;
}): (work: UnitOfWork, now: Date) => Promise<number> {
  return async (work, now) => {
    const before = new Date(now.getTime() - keptDays * DAY_MS);
    let gone = 0;
    for (let last = AT_ONCE; last === AT_ONCE; gone += last) {
      last = await work.run(async (tx) => {
        const anchors = await tx.query<{ id: string }>(
          'select id from access_anchor where last_at < $1 order by last_at limit $2 for update skip locked',
          [before, AT_ONCE],
        );
        const ids = anchors.map(({ id }) => id);
        await tx.query('delete from access_record where anchor = any($1::uuid[])', [ids]);
        await tx.query('delete from access_anchor where id = any($1::uuid[])', [ids]);
        return ids.length;
      });
    }
    return gone;
  };
}
