import { HubError } from '#errors';
import type { IncomingRecord, KafkaConnection, PartitionRange, TopicReader } from '#messaging';
import { readPublishedMarks, type TopicPosition, type UnitOfWork } from '#persistence';
import type { RegistryView } from '#registry-view';

/** What reading a tail needs of a node. */
export interface TailNode {
  readonly work: UnitOfWork;
  readonly connection: Pick<KafkaConnection, 'ranges'>;
  readonly reader: Pick<TopicReader, 'read'>;
}

/** What a topic holds beyond what the database is known to know: as a rule, nothing. */
export interface OwnTail {
  readonly topic: string;
  /** True if the topic holds no record beyond the mark. */
  readonly isEmpty: boolean;
  /** True if records beyond the mark may have been deleted before they could be looked at. */
  readonly hasHole: boolean;
  /** To be iterated once. */
  readonly records: AsyncIterable<IncomingRecord>;
  /** Where the marks stand once all of it is in the database. */
  readonly end: readonly TopicPosition[];
}

/**
 * Opens what a topic that this node writes to holds beyond the database's mark. A topic that does not exist, and of which
 * the database knows nothing, is one to which nothing was ever written.
 * @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED`, `TOPIC_UNKNOWN`, `DATABASE_UNAVAILABLE`
 */
export async function openTail({ work, connection, reader }: TailNode, topic: string): Promise<OwnTail> {
  const marks = await work.run((tx) => readPublishedMarks(tx, [topic]));
  const ranges = await rangesOf(connection, topic, marks.next(topic, 0) === undefined);
  const parts = ranges.map(({ partition, low, high }) => {
    const mark = marks.next(topic, partition) ?? low;
    // A mark beyond the end: the topic was made anew, and nobody knows what it held before.
    const isAnew = mark > high;
    return { partition, high, from: isAnew ? low : mark, hasHole: isAnew || mark < low };
  });
  const isEmpty = parts.every(({ from, high }) => from >= high);
  const from = new Map(parts.map((part): [number, bigint] => [part.partition, part.from]));
  return {
    topic,
    isEmpty,
    hasHole: parts.some(({ hasHole }) => hasHole),
    records: isEmpty ? nothing() : reader.read(topic, { until: 'end', from }),
    end: ranges.map(({ partition, high }) => ({ topic, partition, next: high })),
  };
}

async function rangesOf(
  connection: Pick<KafkaConnection, 'ranges'>,
  topic: string,
  isNew: boolean,
): Promise<PartitionRange[]> {
  try {
    return await connection.ranges(topic);
  } catch (error) {
    if (isNew && error instanceof HubError && error.code === 'TOPIC_UNKNOWN') return [];
    throw error;
  }
}

async function* nothing(): AsyncGenerator<IncomingRecord, void, undefined> {
  // An empty iteration.
}

/** Records in groups of at most `size`, in order. */
export async function* inChunks(
  records: AsyncIterable<IncomingRecord>,
  size: number,
): AsyncGenerator<IncomingRecord[], void, undefined> {
  let chunk: IncomingRecord[] = [];
  for await (const record of records) {
    chunk.push(record);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * True if a record that does not verify never will: it is nothing of this node's, and nothing to wait for. A certificate
 * that is unknown may be on its way while the registry is still being read.
 */
export function isHopeless(error: unknown, registry: Pick<RegistryView, 'status'>): error is HubError {
  if (!(error instanceof HubError)) return false;
  if (error.policy.disposition === 'park') return true;
  return error.code === 'CERTIFICATE_UNKNOWN' && registry.status().caughtUp;
}
