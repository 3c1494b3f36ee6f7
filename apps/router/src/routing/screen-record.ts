/** Everything that can be said of a record without knowing its practice: size, signature, author, registry version. */
import { checkHeaders, topics } from '#contracts';
import { HubError } from '#errors';
import { verifyEvent } from '#evidence';
import type { IncomingRecord } from '#messaging';
import type { RegistryView } from '#registry-view';
import type { Arrival } from './practice-ledger.ts';

/**
 * How long a record waits for what this router may not have heard of yet (a registry version, a certificate) before it
 * is parked, in milliseconds. The registry's topic is as quick as any other: beyond this, it does not exist.
 */
const REGISTRY_WAIT_MS = 15 * 60_000;

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
  checkRegistryVersion(event.registry, registry);
  return {
    event,
    bytes: verified.bytes,
    digest: verified.digest,
    signedInfoDigest: verified.signedInfoDigest,
    origin: { topic: record.topic, partition: record.partition, offset: record.offset },
  };
}

/** True while a record may still wait for what this router has not heard of yet. */
export function isEarly(record: IncomingRecord, now: Date): boolean {
  return now.getTime() - record.timestamp.getTime() < REGISTRY_WAIT_MS;
}

function checkRegistryVersion(used: Arrival['event']['registry'], registry: RegistryView): void {
  const standing = registry.hasVersion(used.number, used.digest);
  if (standing === 'known') return;
  const code = standing === 'behind' ? 'REGISTRY_BEHIND' : 'REGISTRY_VERSION_DIFFERS';
  throw new HubError(
    code,
    `the event uses registry entry ${used.number} (${used.digest}), this router is at ${registry.current().number}`,
  );
}
