/** The topics of a broker, for a comparison with the log. Read only, and no group stays behind. */
import { roleOf, type RefusedPlace, type TopicRange, type TopicToCompare } from '#audit';
import { HubError } from '#errors';
import { KafkaConnection, TopicReader } from '#messaging';
import { createLogger, systemIds, type MutualTlsFiles } from '#platform';

/** Whoever reads a topic belongs to a group for that long: its name begins with this. */
const HOLDER = 'audit-import';

export interface BrokerSettings {
  readonly brokers: readonly string[];
  readonly tls: MutualTlsFiles;
}

/** A place in a topic. */
export interface TopicPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface WantedTopics {
  /** Only these; every topic of the exchange when there are none. */
  readonly topics: readonly string[];
  /** Also those that hold copies of what others hold. */
  readonly copies: boolean;
  /** Where to begin. */
  readonly from: readonly TopicPlace[];
}

/** What the auditor says of itself; null where nobody asks it. */
export interface AuditorsWord {
  /** How far it has read. */
  readonly handled: readonly TopicPlace[];
  refused(topic: string): AsyncIterable<RefusedPlace>;
}

/** A broker that topics are read from. */
export class TopicsOnBroker {
  readonly #connection: KafkaConnection;
  readonly #reader: TopicReader;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor({ brokers, tls }: BrokerSettings) {
    const logger = createLogger(HOLDER, { level: 'silent' });
    this.#connection = KafkaConnection.open({ brokers, clientId: HOLDER, tls }, logger);
    this.#reader = new TopicReader(this.#connection, HOLDER, systemIds);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /**
   * Measures the topics that are wanted.
   * @throws HubError `TOPIC_UNKNOWN` for one that the broker does not have, or that the log knows nothing of; `BROKER_UNAVAILABLE`,
   *   `BROKER_REFUSED`
   */
  async open({ topics, copies, from }: WantedTopics, word: AuditorsWord | null): Promise<TopicToCompare[]> {
    const there = await this.#connection.topics();
    for (const topic of [...topics, ...from.map((place) => place.topic)])
      if (!there.includes(topic) || roleOf(topic) === null)
        throw new HubError('TOPIC_UNKNOWN', `${topic} is no topic that can be compared with the log`);
    const wanted =
      topics.length > 0
        ? [...new Set(topics)]
        : there.filter((topic) => roleOf(topic) === 'source' || (copies && roleOf(topic) === 'copies'));
    const opened: TopicToCompare[] = [];
    for (const topic of wanted) opened.push(await this.#topic(topic, from, word));
    return opened;
  }

  async #topic(
    topic: string,
    from: readonly TopicPlace[],
    word: AuditorsWord | null,
  ): Promise<TopicToCompare> {
    const measured = await this.#connection.ranges(topic);
    const ranges = measured
      .map(({ partition, low, high }): TopicRange => {
        const begin = offsetIn(from, topic, partition) ?? low;
        const start = begin > low ? begin : low;
        const handled = word === null ? null : offsetIn(word.handled, topic, partition);
        return { partition, low, from: start < high ? start : high, to: high, handled };
      })
      .toSorted((a, b) => a.partition - b.partition);
    return {
      topic,
      ranges,
      records: () => this.#records(topic, ranges),
      refused: word === null ? null : () => word.refused(topic),
    };
  }

  /** Up to where the topic was measured: what came since is not looked at. */
  async *#records(topic: string, ranges: readonly TopicRange[]) {
    const from = new Map(ranges.map((range) => [range.partition, range.from]));
    const ends = new Map(ranges.map((range) => [range.partition, range.to]));
    if (ranges.every((range) => range.from >= range.to)) return;
    const reading = this.#reader.read(topic, {
      until: 'end',
      from,
      givesRefused: true,
      leavesNoGroup: true,
    });
    for await (const record of reading)
      if (BigInt(record.offset) < (ends.get(record.partition) ?? 0n)) yield record;
  }
}

function offsetIn(places: readonly TopicPlace[], topic: string, partition: number): bigint | null {
  return places.find((place) => place.topic === topic && place.partition === partition)?.offset ?? null;
}
