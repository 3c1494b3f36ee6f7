/** Everything that can be said of a record without knowing its practice: size, signature, author, registry version. */
import { checkHeaders, parseEvent, topics } from '#contracts';
import { HubError } from '#errors';
import type { Checked } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { requireVersion } from '#registry-view';
import type { RouterRegistry } from '../router-registry.ts';
import type { Arrival } from './practice-ledger.ts';

/**
 * @param checked the record, its bytes checked
 * @param arrivedAt the moment that revocation is judged at (architecture, rule 12): this router's clock
 * @returns the event, verified
 * @throws HubError: `mayPassLater` says whether the record is parked or tried again
 */
export function screenRecord(
  checked: Checked<'event', IncomingRecord>,
  registry: RouterRegistry,
  arrivedAt: Date,
): Arrival {
  const verified = checked.judge(registry, arrivedAt);
  const { item: record } = checked;
  const { event } = verified;
  checkHeaders(record.headers, event);
  if (record.topic !== topics.outbox(event.author.ipa)) {
    throw new HubError(
      'AUTHOR_NOT_OF_TOPIC',
      `an event by ${event.author.ipa} was written to ${record.topic}`,
    );
  }
  requireVersion(registry, event.registry);
  return {
    event,
    bytes: verified.bytes,
    digest: verified.digest,
    signedInfoDigest: verified.signedInfoDigest,
    signer: verified.signer.fingerprint,
    origin: { topic: record.topic, partition: record.partition, offset: record.offset },
  };
}

/**
 * Whether a refused record could pass once this router has heard more. A certificate that the registry does not list
 * may be listed by an entry that is on its way, but not if this router already has the entry that the event names:
 * its author had read the registry up to there, its own certificate included.
 */
export function mayPassLater(error: HubError, record: IncomingRecord, registry: RouterRegistry): boolean {
  if (error.policy.disposition === 'park') return false;
  if (error.code !== 'CERTIFICATE_UNKNOWN') return true;
  try {
    const { number, digest } = parseEvent(record.value).registry;
    return registry.hasVersion(number, digest) === 'behind';
  } catch {
    return false;
  }
}

/** What a record is parked for when it has waited long enough: a version that has not come does not exist. */
export function finalReason(error: HubError): HubError {
  if (error.code !== 'REGISTRY_BEHIND') return error;
  return new HubError('REGISTRY_VERSION_DIFFERS', error.message, { cause: error });
}
