import { outboxOwner, topics } from '#contracts';
import type { IncomingRecord, Outcome } from '#messaging';
import type { Tx } from '#persistence';
import type { QuarantineParts } from '#quarantine';
import { claimedId } from './claimed-id.ts';

/** A use case that judges records: the one that parked the entry. */
interface Judge {
  runOne(tx: Tx, record: IncomingRecord): Promise<Outcome>;
}

/**
 * The router's part in its quarantine. What passes a release gets its place in the practice and is sent as any other.
 */
export function routerQuarantine(
  node: Pick<QuarantineParts, 'work' | 'clock' | 'ids' | 'actions' | 'attributedTo'>,
  events: Judge,
  receipts: Judge,
): QuarantineParts {
  return {
    ...node,
    at: 'router',
    whose: ({ origin, headers }) => ({
      member: outboxOwner(origin.topic),
      eventId: claimedId(Buffer.from(headers['ce_id'] ?? '', 'base64')),
    }),
    judge: (tx, record) => (record.topic === topics.receipts ? receipts : events).runOne(tx, record),
  };
}
