import type { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
import { keepParked } from '#quarantine';
import { appendFeed } from '../feed/append-feed.ts';

/**
 * Keeps a record that did not pass this node's checks, with the reason. Delivered again, it stays one entry.
 * @returns whether it is a new entry
 */
export async function parkLocally(
  tx: Tx,
  record: IncomingRecord,
  error: HubError,
  id: string,
  now: Date,
): Promise<boolean> {
  const isNew = await keepParked(
    tx,
    { origin: record, headers: record.headers, bytes: record.value, code: error.code, reason: error.message },
    { id, now, repeated: 'keep' },
  );
  if (!isNew) return false;
  const nothingKnown = {
    owner: null,
    uuid: null,
    author: null,
    eventId: null,
    type: error.code,
    position: null,
  };
  await appendFeed(tx, [{ kind: 'parked', ...nothingKnown }], now);
  return true;
}
