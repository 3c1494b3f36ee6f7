/** Everything that can be said of a record without knowing its practice: size, signature, author, registry version. */
import { checkHeaders, topics, type IpaCode } from '#contracts';
import { HubError } from '#errors';
import { verifyEvent } from '#evidence';
import type { IncomingRecord } from '#messaging';
import type { RegistryView } from '#registry-view';
import type { Arrival } from './practice-ledger.ts';

/**
 * How long an event may name a registry version that this router has not seen before it is parked, in milliseconds.
 * The registry's topic is as quick as any other: beyond this, the version does not exist.
 */
export const REGISTRY_WAIT_MS = 15 * 60_000;

/**
 * @param arrivedAt the moment that revocation is judged at (architecture, rule 12): this router's clock
 * @returns the event, verified
 * @throws HubError: its disposition says whether the record is parked or tried again
 */
export function screenRecord(record: IncomingRecord, registry: RegistryView, arrivedAt: Date): Arrival {
  const verified = verifyEvent(record.value, registry, arrivedAt);
  const { event } = verified;
  checkHeaders(record.headers, event);
  if (record.topic !== topics.outbox(event.author.ipa)) {
    throw new HubError(
      'AUTHOR_NOT_OF_TOPIC',
      `an event by ${event.author.ipa} was written to ${record.topic}`,
    );
  }
  checkRegistryVersion(event.registry, registry, record.timestamp, arrivedAt);
  return {
    event,
    bytes: verified.bytes,
    digest: verified.digest,
    signedInfoDigest: verified.signedInfoDigest,
    origin: { topic: record.topic, partition: record.partition, offset: record.offset },
  };
}

function checkRegistryVersion(
  used: Arrival['event']['registry'],
  registry: RegistryView,
  writtenAt: Date,
  now: Date,
): void {
  const standing = registry.hasVersion(used.number, used.digest);
  if (standing === 'known') return;
  const waited = now.getTime() - writtenAt.getTime();
  if (standing === 'behind' && waited < REGISTRY_WAIT_MS) {
    throw new HubError(
      'REGISTRY_BEHIND',
      `the event uses registry entry ${used.number}, this router is at ${registry.current().number}`,
    );
  }
  throw new HubError(
    'REGISTRY_VERSION_UNKNOWN',
    `registry entry ${used.number} with digest ${used.digest} is not in this network's chain`,
  );
}

/** The member whose outbox a record was read from; null for a topic that is nobody's outbox. */
export function memberOf(topic: string): IpaCode | null {
  const prefix = topics.outbox('' as IpaCode);
  return topic.startsWith(prefix) ? (topic.slice(prefix.length) as IpaCode) : null;
}
