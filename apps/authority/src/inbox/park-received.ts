import { cloudEventHeaders, HUB_HEADERS, practiceKey, topics } from '#contracts';
import type { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { NodeParts } from '../node-parts.ts';
import type { BatchChanges, Parking } from './batch-changes.ts';
import { receiptOf } from './receipts.ts';
import type { Received } from './screen-event.ts';

/** An event that verified, in its record. */
export interface Refused {
  readonly received: Received;
  readonly record: IncomingRecord;
  /** Whether `seen` names this very event, and not another with its id. */
  readonly claimed: boolean;
}

/** Parks an event that does not fit its practice: told to its author, and not seen after all, so that a release finds it new. */
export function noteParked(
  changes: BatchChanges,
  { ipa }: Pick<NodeParts, 'ipa'>,
  { received, record, claimed }: Refused,
  error: HubError,
  at: Date,
): void {
  const { event } = received;
  if (claimed) changes.unclaim(event);
  const parking = noteUnfit(changes, record, error);
  if (event.author.ipa === ipa) return;
  changes.tell({ ifNew: parking, receipt: receiptOf(received, ipa, 'parked', at, error.code) });
}

/** Parks a record that did not pass this node's checks: kept with the reason, once, and shown in the feed. */
export function noteUnfit(changes: BatchChanges, record: IncomingRecord, error: HubError): Parking {
  const parking = { record, error };
  changes.parkings.push(parking);
  const nothingKnown = { owner: null, uuid: null, author: null, eventId: null, position: null };
  changes.tell({ ifNew: parking, feed: { kind: 'parked', type: error.code, ...nothingKnown } });
  return parking;
}

/** The record as it came, but for its place in the topic, which nobody remembers. */
export function recordOf(
  { ipa }: Pick<NodeParts, 'ipa'>,
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
