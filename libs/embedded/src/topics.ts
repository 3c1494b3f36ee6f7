/** Who may touch a topic. `member`: the one the topic is named after; `members`: every authority; `everyone`: all holders. */
export type TopicParty = 'member' | 'members' | 'router' | 'registry' | 'auditor' | 'everyone';

export interface TopicRule {
  /** Name of the topic, or its prefix when there is one per member (the IPA code follows). */
  readonly name: string;
  readonly perMember: boolean;
  readonly writers: readonly TopicParty[];
  readonly readers: readonly TopicParty[];
  readonly partitions: number;
  /** Days a record is kept; null for ever. */
  readonly retentionDays: number | null;
  /** What a record is, for the generated AsyncAPI. */
  readonly carries: string;
}

/** Every topic of the hub with its writer, its readers and its retention: the source of ACLs and of AsyncAPI. */
export const TOPIC_TABLE = {
  registryState: {
    name: 'registry.state',
    perMember: false,
    writers: ['registry'],
    readers: ['everyone'],
    partitions: 1,
    retentionDays: null,
    carries: 'signed registry entries in a chain, and signed heartbeats',
  },
  outbox: {
    name: 'practice.outbox.',
    perMember: true,
    writers: ['member'],
    readers: ['router', 'auditor'],
    partitions: 1,
    retentionDays: 90,
    carries: "the member's own signed events",
  },
  inbox: {
    name: 'practice.inbox.',
    perMember: true,
    writers: ['router'],
    readers: ['member'],
    partitions: 1,
    retentionDays: 90,
    carries:
      "signed events with the router's decision, receipts for the member's events, and what was parked of them",
  },
  routing: {
    name: 'practice.routing',
    perMember: false,
    writers: ['router'],
    readers: ['auditor'],
    partitions: 1,
    retentionDays: null,
    carries: 'every decision of the router, signed by batch',
  },
  receipts: {
    name: 'practice.receipts',
    perMember: false,
    writers: ['members'],
    readers: ['router', 'auditor'],
    partitions: 1,
    retentionDays: null,
    carries: "the members' receipts, signed by batch",
  },
  quarantine: {
    name: 'practice.quarantine',
    perMember: false,
    writers: ['router'],
    readers: ['router'],
    partitions: 1,
    retentionDays: 90,
    carries: 'what the router refused, as it came, with code and reason',
  },
} as const satisfies Record<string, TopicRule>;

/** The longest retention that ends, in days: committed offsets must outlive it. */
export const LONGEST_RETENTION_DAYS = 90;

/** Largest record batch that a topic takes, in bytes: an event (512 KiB) with its decision, or a producer's batch. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** Consumer groups of a holder begin with this; no other holder may use them. */
export function groupPrefix(holder: string): string {
  return `${holder}.`;
}
