/** Everything that can be said of a record by itself. What fails here is never a leaf. */
import { checkHeaders, topics } from '#contracts';
import { HubError } from '#errors';
import type { BatchChecks, Checked, TrustView } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { requireVersion, type RegistryView } from '#registry-view';
import { actionLeaf, decisionLeaf, eventLeaf, receiptLeaf, type LeafCandidate } from './leaf-candidate.ts';
import { screenChange } from './screen-change.ts';

/**
 * How long a record that names something the registry's copy does not have yet is tried again, in milliseconds since it
 * was written. The registry's topic is as quick as any other; beyond this it would only hold up the others of its topic.
 */
export const PATIENCE_MS = 60_000;

/** What the screening asks of the verified copy of the registry. */
export type AuditRegistry = TrustView & Pick<RegistryView, 'hasVersion' | 'status'>;

export type AuditStream = 'events' | 'decisions' | 'receipts' | 'actions' | 'changes';

/** What of a record is looked at. */
export type AuditRecord = Pick<IncomingRecord, 'topic' | 'value' | 'headers'>;

/**
 * A record whose bytes have been checked: judges who signed, and makes the leaf; null for what is none by its nature.
 * @param at the first proof that the document existed: arrival here, or the decision about it if that came first
 * @throws HubError of `verifyEvent`, `verifyDecision`, `verifyReceipt`, `verifyAction`, `screenChange`;
 *   `HEADER_BODY_MISMATCH`, `AUTHOR_NOT_OF_TOPIC`, `REGISTRY_BEHIND`, `REGISTRY_VERSION_DIFFERS`, `LOG_ENTRY_TOO_LARGE`
 */
export type Screen = (registry: AuditRegistry, at: Date) => LeafCandidate | null;

/**
 * Checks the bytes of a stream's records together, on worker threads; the registry's few by themselves.
 * @returns one for each record, in order
 * @throws HubError `VERIFIER_FAILED` if the verifier itself is unwell
 */
export async function screenRecords<R extends AuditRecord>(
  stream: AuditStream,
  records: readonly R[],
  verifier: BatchChecks,
): Promise<readonly { readonly record: R; readonly screen: Screen }[]> {
  switch (stream) {
    case 'events': {
      const checked = await verifier.check('event', records, valueOf);
      return checked.map((one) => ({
        record: one.item,
        screen: (registry, at) => screenEvent(one, registry, at),
      }));
    }
    case 'decisions': {
      const checked = await verifier.check('decision', records, valueOf);
      return checked.map((one) => ({
        record: one.item,
        screen: (registry, at) => screenDecision(one, registry, at),
      }));
    }
    case 'receipts': {
      const checked = await verifier.check('receipt', records, valueOf);
      return checked.map((one) => ({
        record: one.item,
        screen: (registry, at) => receiptLeaf(one.judge(registry, at)),
      }));
    }
    case 'actions': {
      const checked = await verifier.check('action', records, valueOf);
      return checked.map((one) => ({
        record: one.item,
        screen: (registry, at) => actionLeaf(one.judge(registry, at)),
      }));
    }
    case 'changes':
      return records.map((record) => ({ record, screen: (registry) => screenChange(record, registry) }));
  }
}

function valueOf({ value }: AuditRecord): Buffer {
  return value;
}

function screenDecision(checked: Checked<'decision'>, registry: AuditRegistry, at: Date): LeafCandidate {
  const verified = checked.judge(registry, at);
  requireVersion(registry, verified.decision.registry);
  return decisionLeaf(verified);
}

/** The router's own first checks, so that what it refuses for its form is not a leaf here either. */
function screenEvent(
  checked: Checked<'event', AuditRecord>,
  registry: AuditRegistry,
  at: Date,
): LeafCandidate {
  const { item: record } = checked;
  const verified = checked.judge(registry, at);
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
