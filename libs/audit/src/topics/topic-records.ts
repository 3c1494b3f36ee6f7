/** What of a broker is compared with a log, and what comes of it. */
import { topicDefinition, TOPICS, topics, type HubClass, type TopicDefinition } from '#contracts';
import type { LogEntry } from '#tlog';

/** A record as it lies on a topic. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  /** 64-bit number as text. */
  readonly offset: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** By the clock of whoever wrote it. */
  readonly timestamp: Date;
}

/** A partition, and what of it is read. */
export interface TopicRange {
  readonly partition: number;
  /** The first record that it still holds. */
  readonly low: bigint;
  /** The first that is read. */
  readonly from: bigint;
  /** The first that is not read any more. */
  readonly to: bigint;
  /** The first that the auditor has not handled yet; null if nobody can tell. */
  readonly handled: bigint | null;
}

/** A topic that is read. */
export interface TopicToCompare {
  readonly topic: string;
  readonly ranges: readonly TopicRange[];
  /** Everything in `ranges`, by partition in order. */
  records(): AsyncIterable<TopicRecord>;
  /** What the auditor has refused of it, by place; null if it cannot be asked. */
  readonly refused: (() => AsyncIterable<RefusedPlace>) | null;
}

/** A record that the auditor has refused, and why. */
export interface RefusedPlace {
  readonly partition: number;
  readonly offset: string;
  readonly code: string;
}

/**
 * `source`: what the log is made of, so that each is proved to hold what the other does. `copies`: of what other topics
 * hold, so that only nothing may be in them that is not in the log. Null: nothing of it is in the log.
 */
export type TopicRole = 'source' | 'copies';

const ROLES: ReadonlyMap<TopicDefinition, TopicRole> = new Map<TopicDefinition, TopicRole>([
  [TOPICS.registryState, 'source'],
  [TOPICS.outbox, 'source'],
  [TOPICS.routing, 'source'],
  [TOPICS.receipts, 'source'],
  [TOPICS.actions, 'source'],
  [TOPICS.inbox, 'copies'],
  [TOPICS.said, 'copies'],
]);

/** How a topic is compared; null for one that is none of the exchange, or that the log knows nothing of. */
export function roleOf(topic: string): TopicRole | null {
  const definition = topicDefinition(topic);
  return definition === undefined ? null : (ROLES.get(definition) ?? null);
}

/** What the document of each kind of leaf is as a record: anchors of accesses travel as actions do. */
const CLASS_OF_LEAF = {
  event: 'event',
  decision: 'decision',
  receipt: 'receipt',
  action: 'action',
  access: 'action',
  registry: 'entry',
} as const satisfies Record<LogEntry['kind'], HubClass>;

const TOPIC_OF_CLASS = {
  decision: topics.routing,
  receipt: topics.receipts,
  action: topics.actions,
  entry: topics.registryState,
} as const;

/** Where what a leaf stands for was published, and as what. */
export function publishedAs({ kind, author }: LogEntry): {
  readonly topic: string;
  readonly hubClass: HubClass;
} {
  const hubClass = CLASS_OF_LEAF[kind];
  if (hubClass !== 'event') return { topic: TOPIC_OF_CLASS[hubClass], hubClass };
  // Compared only: whose outbox it is, the topic itself has to say.
  return { topic: TOPICS.outbox.name.replace('{ipa}', author), hubClass };
}

/** Classes of records that are in the log. */
type LoggedClass = Exclude<HubClass, 'parked' | 'equivocation' | 'heartbeat'>;

const LOGGED: ReadonlySet<string> = new Set<LoggedClass>(['event', 'decision', 'receipt', 'action', 'entry']);

/**
 * What a record has to be. Of a topic that carries one class it is that one, whatever its header says; of others the header
 * tells. Null for what is in no log: heartbeats, notices of what was parked.
 */
export function classOf({ topic, headers }: Pick<TopicRecord, 'topic' | 'headers'>): string | null {
  const carries = topicDefinition(topic)?.carries ?? [];
  const [only, ...more] = carries;
  if (only !== undefined && more.length === 0) return only;
  const said = headers['hub_class']?.toString('utf8') ?? '';
  if ((carries as readonly string[]).includes(said) && !LOGGED.has(said)) return null;
  // A header that says nothing, or something else, excuses no record.
  return LOGGED.has(said) ? said : (carries.find((one) => LOGGED.has(one)) ?? 'event');
}
