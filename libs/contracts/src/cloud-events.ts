/**
 * CloudEvents 1.0 headers of a record in binary mode (Kafka protocol binding 1.0.2, 3.2). They help tools that do not
 * read XML; nothing is ever decided by them, and a record whose headers disagree with its signed body is parked.
 */
import { HubError } from '#errors';
import type { Decision, Receipt, RegistryEntry, RegistryHeartbeat } from './decision.ts';
import type { HubEvent, PracticeRef } from './event.ts';
import type { IpaCode } from './ids.ts';
import type { HubClass } from './topics.ts';

/** Headers beyond CloudEvents' own. */
export const HUB_HEADERS = {
  /** What the value is: see `HubClass`. */
  class: 'hub_class',
  /** On inboxes, with an event: the batch-signed decision's bytes. On a notice of equivocation: that of the first. */
  decision: 'hub_decision',
  /** On what was parked: the stable code, the sentence, and `<topic>/<partition>/<offset>`. */
  code: 'hub_code',
  reason: 'hub_reason',
  origin: 'hub_origin',
  /** On a notice of equivocation: the signed bytes of the event that its value contradicts. */
  first: 'hub_first',
} as const;

export const CLOUD_EVENT_HEADERS = [
  'ce_specversion',
  'ce_id',
  'ce_source',
  'ce_type',
  'ce_time',
  'ce_subject',
  'content-type',
  'hub_class',
] as const;
export type CloudEventHeaders = Readonly<Record<(typeof CLOUD_EVENT_HEADERS)[number], string>>;

/** Headers as a Kafka client hands them over. */
export type RecordHeaders = Readonly<
  Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>
>;

const REGISTRY_SOURCE = 'urn:reset-hub:registry';

/** `<owner>/<uuid>`: key of every record of a practice, and its `ce_subject`. */
export function practiceKey(practice: Pick<PracticeRef, 'owner' | 'uuid'>): string {
  return `${practice.owner}/${practice.uuid}`;
}

/** `ce_source` of what an authority says. */
export function authoritySource(ipa: IpaCode): string {
  return `urn:reset-hub:authority:${ipa}`;
}

/** Headers of an event's record, all taken from its signed body. */
export function cloudEventHeaders(event: HubEvent): CloudEventHeaders {
  return headers('event', {
    id: event.id,
    source: authoritySource(event.author.ipa),
    type: event.type,
    time: event.time,
    subject: practiceKey(event.practice),
  });
}

/** Headers of a decision's record on `practice.routing`. */
export function decisionHeaders(decision: Decision): CloudEventHeaders {
  return headers('decision', {
    id: `${decision.event.author}/${decision.event.id}`,
    source: `urn:reset-hub:router:${decision.router}`,
    type: 'decision.made',
    time: decision.time,
    subject: practiceKey(decision.practice),
  });
}

/** Headers of a receipt's record on `practice.receipts`, and in its author's inbox. */
export function receiptHeaders(receipt: Receipt): CloudEventHeaders {
  return headers('receipt', {
    id: `${receipt.event.author}/${receipt.event.id}/${receipt.kind}`,
    source: authoritySource(receipt.by),
    type: `receipt.${receipt.kind}`,
    time: receipt.time,
    subject: practiceKey(receipt.practice),
  });
}

/** Headers of a registry entry's record. */
export function registryEntryHeaders(entry: RegistryEntry): CloudEventHeaders {
  return headers('entry', {
    id: String(entry.number),
    source: REGISTRY_SOURCE,
    type: entry.change.kind,
    time: entry.time,
    subject: String(entry.number),
  });
}

/** Headers of a heartbeat's record. */
export function heartbeatHeaders(heartbeat: RegistryHeartbeat): CloudEventHeaders {
  return headers('heartbeat', {
    id: `heartbeat/${heartbeat.time}`,
    source: REGISTRY_SOURCE,
    type: 'registry.alive',
    time: heartbeat.time,
    subject: String(heartbeat.head.number),
  });
}

/**
 * Compares the headers of a record with those that follow from the event it carries. Headers beyond these are ignored.
 * @throws HubError `HEADER_BODY_MISMATCH` with the header's name, for one that is absent, doubled or different
 */
export function checkHeaders(found: RecordHeaders, event: HubEvent): void {
  const expected = cloudEventHeaders(event);
  for (const name of CLOUD_EVENT_HEADERS) {
    if (headerText(found, name) !== expected[name]) {
      throw new HubError('HEADER_BODY_MISMATCH', `header ${name} disagrees with the signed event`, {
        details: { header: name },
      });
    }
  }
}

/** A header as text; undefined if absent or present more than once. */
export function headerText(found: RecordHeaders, name: string): string | undefined {
  const value = found[name];
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}

function headers(
  hubClass: HubClass,
  attributes: Readonly<Record<'id' | 'source' | 'type' | 'time' | 'subject', string>>,
): CloudEventHeaders {
  return {
    ce_specversion: '1.0',
    ce_id: attributes.id,
    ce_source: attributes.source,
    ce_type: attributes.type,
    ce_time: attributes.time,
    ce_subject: attributes.subject,
    'content-type': 'application/xml',
    hub_class: hubClass,
  };
}
