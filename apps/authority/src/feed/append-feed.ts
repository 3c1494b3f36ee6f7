import type { EventId, IpaCode, PracticeId } from '#contracts';
import type { Tx } from '#persistence';

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

/** The channel that wakes readers of the feed when the transaction commits. */
export const FEED_CHANNEL = 'feed';

export async function appendFeed(tx: Tx, items: readonly FeedItem[], at: Date): Promise<void> {
  for (const item of items) {
    await tx.query(
      `insert into feed (kind, owner, uuid, author, event_id, type, position, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [item.kind, item.owner, item.uuid, item.author, item.eventId, item.type, item.position, at],
    );
  }
  if (items.length > 0) await tx.query('select pg_notify($1, $2)', [FEED_CHANNEL, '']);
}
