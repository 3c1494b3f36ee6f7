import type { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
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
  const headers = Object.fromEntries(
    Object.entries(record.headers).map(([name, value]) => [name, value.toString('base64')]),
  );
  const inserted = await tx.query(
    `insert into parked (id, origin, headers, bytes, code, reason, status, parked_at)
     values ($1, $2, $3, $4, $5, $6, 'parked', $7)
     on conflict ((origin->>'topic'), (origin->>'partition'), (origin->>'offset')) do nothing returning id`,
    [
      id,
      JSON.stringify({ topic: record.topic, partition: record.partition, offset: record.offset }),
      JSON.stringify(headers),
      record.value,
      error.code,
      error.message,
      now,
    ],
  );
  if (inserted.length === 0) return false;
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
