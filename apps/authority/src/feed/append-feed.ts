import type { EventId, IpaCode, PracticeId } from '#contracts';
import { CommitBell, type Tx } from '#persistence';

/** What a partner's own system is told through the feed. */
export interface FeedItem {
  readonly kind: 'event' | 'receipt' | 'documents-complete' | 'parked' | 'equivocation';
  readonly owner: IpaCode | null;
  readonly uuid: PracticeId | null;
  readonly author: IpaCode | null;
  readonly eventId: EventId | null;
  readonly type: string | null;
  readonly position: number | null;
}

/** The bell that wakes readers of the feed when the transaction has committed. */
export const FEED_CHANNEL = 'feed';

/** Appends items in their order, with one statement, and wakes the readers. */
export function appendFeed(tx: Tx, items: readonly FeedItem[], at: Date): void {
  if (items.length === 0) return;
  tx.write(
    `insert into feed (kind, owner, uuid, author, event_id, type, position, at)
     select f.kind, f.owner, f.uuid, f.author, f.event_id, f.type, f.position, $8
     from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::int[])
       with ordinality as f(kind, owner, uuid, author, event_id, type, position, n)
     order by f.n`,
    [
      items.map(({ kind }) => kind),
      items.map(({ owner }) => owner),
      items.map(({ uuid }) => uuid),
      items.map(({ author }) => author),
      items.map(({ eventId }) => eventId),
      items.map(({ type }) => type),
      items.map(({ position }) => position),
      at,
    ],
  );
  CommitBell.of(tx.source, FEED_CHANNEL).ringAfter(tx);
}
