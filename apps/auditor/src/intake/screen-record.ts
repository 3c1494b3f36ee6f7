/** Everything that can be said of a record by itself. What fails here is never a leaf. */
import { checkHeaders, topics } from '#contracts';
import { HubError } from '#errors';
import { verifyDecision, verifyEvent, verifyReceipt, type TrustView } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { requireVersion, type RegistryView } from '#registry-view';
import { decisionLeaf, eventLeaf, receiptLeaf, type LeafCandidate } from './leaf-candidate.ts';

/**
 * How long a record that names something the registry's copy does not have yet is tried again, in milliseconds since it
 * was written. The registry's topic is as quick as any other; beyond this it would only hold up the others of its topic.
 */
export const PATIENCE_MS = 60_000;

/** What the screening asks of the verified copy of the registry. */
export type AuditRegistry = TrustView & Pick<RegistryView, 'hasVersion' | 'status'>;

export type AuditStream = 'events' | 'decisions' | 'receipts';

/** What of a record is looked at. */
export type AuditRecord = Pick<IncomingRecord, 'topic' | 'value' | 'headers'>;

/**
 * Verifies a record and makes its leaf.
 * @param at the first proof that the document existed: arrival here, or the decision about it if that came first
 * @throws HubError of `verifyEvent`, `verifyDecision`, `verifyReceipt`; `HEADER_BODY_MISMATCH`, `AUTHOR_NOT_OF_TOPIC`,
 *   `REGISTRY_BEHIND`, `REGISTRY_VERSION_DIFFERS`, `LOG_ENTRY_TOO_LARGE`
 */
export function screenRecord(
  stream: AuditStream,
  record: AuditRecord,
  registry: AuditRegistry,
  at: Date,
): LeafCandidate {
  switch (stream) {
    case 'events':
      return screenEvent(record, registry, at);
    case 'decisions': {
      const verified = verifyDecision(record.value, registry, at);
      requireVersion(registry, verified.decision.registry);
      return decisionLeaf(verified);
    }
    case 'receipts':
      return receiptLeaf(verifyReceipt(record.value, registry, at));
  }
}

/** The router's own first checks, so that what it refuses for its form is not a leaf here either. */
function screenEvent(record: AuditRecord, registry: AuditRegistry, at: Date): LeafCandidate {
  const verified = verifyEvent(record.value, registry, at);
  const { event } = verified;
  checkHeaders(record.headers, event);
  if (record.topic !== topics.outbox(event.author.ipa)) {
    throw new HubError(
      'AUTHOR_NOT_OF_TOPIC',
      `an event by ${event.author.ipa} was written to ${record.topic}`,
    );
  }
  requireVersion(registry, event.registry);
  return eventLeaf(verified);
}

/** True while an error may be due to a copy of the registry that is behind, so that the record is read again. */
export function mayPassLater(
  error: HubError,
  record: Pick<IncomingRecord, 'timestamp'>,
  registry: AuditRegistry,
  now: Date,
): boolean {
  if (error.policy.disposition !== 'retry') return false;
  if (!registry.status().caughtUp) return true;
  // The writer sets the time stamp: one that lies ahead earns no more patience than one that lies back.
  return Math.abs(now.getTime() - record.timestamp.getTime()) < PATIENCE_MS;
}
