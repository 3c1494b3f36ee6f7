import { HubError } from '#errors';
import { decodeCursor, FEED_START, type FeedPosition, type Tx } from '#persistence';
import { forgottenBehind } from '../feed/keep-feed.ts';

const TIME = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * The place in the feed that a caller names: `now`, `beginning`, a time, or a cursor. Only a cursor can lie before what
 * the feed has forgotten: the caller counts on what is right behind it, and is to be told that it is gone.
 * @throws HubError `CURSOR_INVALID`, `REQUEST_INVALID` for a time that is none
 */
export async function startPosition(tx: Tx, from: string): Promise<FeedPosition> {
  if (from === 'beginning') return behindForgotten(tx, FEED_START);
  if (from === 'now') return behindForgotten(tx, await nowIn(tx));
  if (!TIME.test(from)) return decodeCursor(from);
  return behindForgotten(tx, await firstSince(tx, from));
}

async function firstSince(tx: Tx, from: string): Promise<FeedPosition> {
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

/** The oldest transaction that is open, whosever it is, may be older than what has been dropped since it began. */
async function behindForgotten(tx: Tx, position: FeedPosition): Promise<FeedPosition> {
  return (await forgottenBehind(tx, position)) ?? position;
}
