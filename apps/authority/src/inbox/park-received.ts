import { cloudEventHeaders, HUB_HEADERS, practiceKey, topics, type Receipt } from '#contracts';
import type { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { parkLocally } from './park-locally.ts';
import { receiptOf } from './receipts.ts';
import type { Received } from './screen-event.ts';

/**
 * Parks an event that verified but does not fit its practice: kept with the reason, told to its author, and not seen
 * after all, so that a release finds it new again.
 */
export async function parkReceived(
  tx: Tx,
  parts: NodeParts,
  { received, record, claimed }: Refused,
  error: HubError,
  receipts: Receipt[],
  at: Date,
): Promise<void> {
  const { event } = received;
  if (claimed) {
    await tx.query('delete from seen where author = $1 and event_id = $2', [event.author.ipa, event.id]);
  }
  const isNew = await parkLocally(tx, record, error, parts.ids.uuidv7(), at);
  if (isNew && event.author.ipa !== parts.ipa)
    receipts.push(receiptOf(received, parts.ipa, 'parked', at, error.code));
}

interface Refused {
  readonly received: Received;
  readonly record: IncomingRecord;
  /** Whether `seen` names this very event, and not another with its id. */
  readonly claimed: boolean;
}

/**
 * Parks an event that had waited for its turn and turned out not to fit: it leaves the practice's events, and those
 * behind it go on waiting.
 */
export async function parkWaiting(
  tx: Tx,
  parts: NodeParts,
  received: Received,
  error: HubError,
  receipts: Receipt[],
  at: Date,
): Promise<void> {
  const { event } = received;
  await tx.query(`delete from event where author = $1 and event_id = $2 and status = 'waiting'`, [
    event.author.ipa,
    event.id,
  ]);
  const record = recordOf(parts, received, at);
  await parkReceived(tx, parts, { received, record, claimed: true }, error, receipts, at);
}

/** The record as it came, but for its place in the topic, which nobody remembers. */
export function recordOf(
  { ipa }: NodeParts,
  received: Pick<Received, 'event' | 'bytes' | 'decisionBytes'>,
  at: Date,
): IncomingRecord {
  const { event } = received;
  const headers = Object.entries(cloudEventHeaders(event)).map(
    ([name, value]) => [name, Buffer.from(value)] as const,
  );
  return {
    topic: topics.inbox(ipa),
    partition: -1,
    offset: `${event.author.ipa}/${event.id}`,
    key: practiceKey(event.practice),
    value: received.bytes,
    headers: { ...Object.fromEntries(headers), [HUB_HEADERS.decision]: received.decisionBytes },
    timestamp: at,
  };
}
