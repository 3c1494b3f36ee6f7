import { HubError } from '#errors';
import { decodeCursor, FEED_START, type FeedPosition, type Tx } from '#persistence';

const TIME = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * The place in the feed that a caller names: `now`, `beginning`, a time, or a cursor.
 * @throws HubError `CURSOR_INVALID`, `REQUEST_INVALID` for a time that is none
 */
export async function startPosition(tx: Tx, from: string): Promise<FeedPosition> {
  if (from === 'beginning') return FEED_START;
  if (from === 'now') return nowIn(tx);
  if (!TIME.test(from)) return decodeCursor(from);
  const time = new Date(from);
  if (Number.isNaN(time.getTime())) throw new HubError('REQUEST_INVALID', `body.from: ${from} is no time`);
  const [first] = await tx.query<{ xid: string; id: string }>(
    'select xid::text, id::text from feed where at >= $1 order by xid, id limit 1',
    [time],
  );
  return first === undefined ? nowIn(tx) : { xid: BigInt(first.xid), id: BigInt(first.id) - 1n };
}

/** Before everything that is not in the feed yet, that of transactions still open included. */
async function nowIn(tx: Tx): Promise<FeedPosition> {
  const [row] = await tx.query<{ xid: string }>(
    'select pg_snapshot_xmin(pg_current_snapshot())::text as xid',
  );
  return { xid: BigInt(row?.xid ?? 0), id: 0n };
}
