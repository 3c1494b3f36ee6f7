import type { Chore } from '#node';
import {
  ensurePartitions,
  prunePartitions,
  type FeedPosition,
  type PartitionPlan,
  type Tx,
} from '#persistence';
import { z } from 'zod';

const FEED_PARTITIONS: PartitionPlan = { table: 'feed', column: 'stored_at', every: 'month', ahead: 2 };
const DAY_MS = 86_400_000;

export const feedConfig = z
  .object({
    FEED_KEPT_DAYS: z.coerce
      .number()
      .int()
      .min(30)
      .default(400)
      .describe('how many days the feed can be read back, at least 30; it goes by whole months'),
  })
  .transform((env) => ({ keptDays: env.FEED_KEPT_DAYS }));

/** Makes the feed's months before they come, and drops them when they are past; how far that went is remembered. */
export function feedChores({ keptDays }: z.output<typeof feedConfig>): readonly Chore[] {
  return [
    (work, now) => work.run((tx) => ensurePartitions(tx, FEED_PARTITIONS, now)),
    (work, now) => work.run((tx) => pruneFeed(tx, new Date(now.getTime() - keptDays * DAY_MS))),
  ];
}

function pruneFeed(tx: Tx, before: Date): Promise<string[]> {
  return prunePartitions(tx, FEED_PARTITIONS, {
    before,
    onDrop: async (within, partition) => {
      await within.query(
        `insert into feed_pruned as p (xid, id) select xid, id from ${partition} order by xid desc, id desc limit 1
         on conflict (only_row) do update set xid = excluded.xid, id = excluded.id
           where (excluded.xid, excluded.id) > (p.xid, p.id)`,
      );
    },
  });
}

/** How far the feed has forgotten, if that is behind this place: whoever goes on from here would miss something. */
export async function forgottenBehind(tx: Tx, { xid, id }: FeedPosition): Promise<FeedPosition | null> {
  const [forgotten] = await tx.query<{ xid: string; id: string }>(
    'select xid::text, id::text from feed_pruned where (xid, id) > ($1::xid8, $2::bigint)',
    [xid.toString(), id.toString()],
  );
  return forgotten === undefined ? null : { xid: BigInt(forgotten.xid), id: BigInt(forgotten.id) };
}
