import { HubError } from '#errors';
import {
  decodeCursor,
  encodeCursor,
  FEED_START,
  readCommitSafe,
  type FeedPosition,
  type Tx,
  type UnitOfWork,
} from '#persistence';
import type { FeedItem } from './append-feed.ts';
import { forgottenBehind } from './keep-feed.ts';

/** An entry of the feed, with the cursor after it. */
export interface FeedEntry extends FeedItem {
  readonly at: string;
  /** Where to go on after this entry. */
  readonly cursor: string;
}

export interface FeedAnswer {
  readonly items: readonly FeedEntry[];
  /** Give it as `after` to go on; the same as given when there was nothing new. */
  readonly next: string;
}

/** Everything that came to this node, for the partner's own system, in an order that no later row can disturb. */
export class ReadFeed {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** @throws HubError `CURSOR_INVALID`, `CURSOR_EXPIRED` for a place before what the feed has forgotten */
  async page(after: string | undefined, limit: number): Promise<FeedAnswer> {
    const position = after === undefined ? FEED_START : decodeCursor(after);
    const { rows, next } = await this.#work.run(async (tx) => {
      if (after !== undefined) await checkNotForgotten(tx, position);
      return readCommitSafe<FeedItem & { readonly at: Date; readonly xid: string; readonly id: string }>(tx, {
        table: 'feed',
        columns: `f.kind, f.owner, f.uuid, f.author, f.event_id as "eventId", f.type, f.position, f.at, f.xid::text, f.id::text`,
        after: position,
        limit,
      });
    });
    return {
      items: rows.map(({ kind, owner, uuid, author, eventId, type, position: place, at, xid, id }) => ({
        kind,
        owner,
        uuid,
        author,
        eventId,
        type,
        position: place,
        at: at.toISOString(),
        cursor: encodeCursor({ xid: BigInt(xid), id: BigInt(id) }),
      })),
      next: encodeCursor(next),
    };
  }

  /** True while committed entries behind the cursor wait for older transactions to end: nothing rings when they do. */
  async isHeldBack(after: string | undefined): Promise<boolean> {
    const { xid, id } = after === undefined ? FEED_START : decodeCursor(after);
    const rows = await this.#work.run((tx) =>
      tx.query('select 1 as held from feed where (xid, id) > ($1::xid8, $2::bigint) limit 1', [
        xid.toString(),
        id.toString(),
      ]),
    );
    return rows.length > 0;
  }
}

async function checkNotForgotten(tx: Tx, position: FeedPosition): Promise<void> {
  if ((await forgottenBehind(tx, position)) === null) return;
  throw new HubError(
    'CURSOR_EXPIRED',
    'entries right behind this cursor are past their time and were dropped',
  );
}
