/** Every Kafka topic of the hub: its name, who writes it, who reads it, what it carries and for how long. */
import type { IpaCode } from './ids.ts';

/** Who may touch a topic. `owner` is the one member that a per-member topic is named after. */
export type TopicParty = 'registry' | 'router' | 'auditor' | 'owner' | 'members';

/** Class of a record (header `hub_class`): what its value is. */
export const HUB_CLASSES = [
  'event',
  'decision',
  'receipt',
  'parked',
  'equivocation',
  'entry',
  'heartbeat',
] as const;
export type HubClass = (typeof HUB_CLASSES)[number];

export interface TopicDefinition {
  /** Name; `{ipa}` stands for the member's IPA code as the registry lists it. */
  readonly name: string;
  readonly purpose: string;
  readonly writers: readonly TopicParty[];
  readonly readers: readonly TopicParty[];
  /** Days; null is for ever. */
  readonly retentionDays: number | null;
  readonly partitions: number;
  /** What a record's key is made of. */
  readonly key: 'practice' | 'registry';
  readonly carries: readonly HubClass[];
}

/** Days that outboxes, inboxes and the quarantine keep their records. */
const BOUNDED_RETENTION_DAYS = 90;

export const TOPICS = {
  registryState: {
    name: 'registry.state',
    purpose: 'The signed chain of the registry, and its heartbeat. Not compacted.',
    writers: ['registry'],
    readers: ['registry', 'router', 'auditor', 'members'],
    retentionDays: null,
    partitions: 1,
    key: 'registry',
    carries: ['entry', 'heartbeat'],
  },
  outbox: {
    name: 'practice.outbox.{ipa}',
    purpose: 'What one member says: its signed events, in the order in which it committed them.',
    writers: ['owner'],
    readers: ['router', 'auditor', 'owner'],
    retentionDays: BOUNDED_RETENTION_DAYS,
    partitions: 1,
    key: 'practice',
    carries: ['event'],
  },
  inbox: {
    name: 'practice.inbox.{ipa}',
    purpose:
      'What one member gets: events with their decisions, receipts for its own events, notices of what was parked, and of what an author has signed twice.',
    writers: ['router'],
    readers: ['owner'],
    retentionDays: BOUNDED_RETENTION_DAYS,
    partitions: 1,
    key: 'practice',
    carries: ['event', 'receipt', 'parked', 'equivocation'],
  },
  routing: {
    name: 'practice.routing',
    purpose: 'Every signed decision.',
    writers: ['router'],
    readers: ['router', 'auditor'],
    retentionDays: null,
    partitions: 1,
    key: 'practice',
    carries: ['decision'],
  },
  receipts: {
    name: 'practice.receipts',
    purpose:
      'What participants say they did with an event. The router forwards each to the author of the event.',
    writers: ['members'],
    readers: ['router', 'auditor'],
    retentionDays: null,
    partitions: 1,
    key: 'practice',
    carries: ['receipt'],
  },
  quarantine: {
    name: 'practice.quarantine',
    purpose:
      'What the router parked: the original bytes with code, reason and origin, for its operator only.',
    writers: ['router'],
    readers: ['router'],
    retentionDays: BOUNDED_RETENTION_DAYS,
    partitions: 1,
    key: 'practice',
    carries: ['parked'],
  },
} as const satisfies Record<string, TopicDefinition>;

const IPA_PLACE = '{ipa}';

/** Names of topics, by what they are for. */
export const topics = {
  registryState: TOPICS.registryState.name,
  routing: TOPICS.routing.name,
  receipts: TOPICS.receipts.name,
  quarantine: TOPICS.quarantine.name,
  outbox: (ipa: IpaCode): string => TOPICS.outbox.name.replace(IPA_PLACE, ipa),
  inbox: (ipa: IpaCode): string => TOPICS.inbox.name.replace(IPA_PLACE, ipa),
} as const;

const OUTBOX_PREFIX = TOPICS.outbox.name.replace(IPA_PLACE, '');

/** The IPA code in the name of an outbox; null for any other topic. Unparsed: it is only ever compared. */
export function outboxOwner(topic: string): string | null {
  return topic.startsWith(OUTBOX_PREFIX) ? topic.slice(OUTBOX_PREFIX.length) : null;
}
