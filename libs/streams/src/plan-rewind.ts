import { HubError } from '#errors';
import type { KafkaConnection } from '#messaging';
import type { WantedPlace } from '#persistence';
import { oldestTime, type OldestTime } from './oldest-time.ts';

/** A place by its number. */
export interface Offset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** From where a stream is to be read again: a time, in all its topics or in some, or places by their numbers. */
export type Wanted =
  | { readonly from: Date; readonly topics: readonly string[] | null }
  | { readonly offsets: readonly Offset[] };

/** What that means in the topics. */
export interface RewindPlan {
  readonly places: readonly WantedPlace[];
  /** The oldest time that can be asked for in these topics; null while they hold all that they ever had. */
  readonly oldest: Date | null;
}

type Broker = Pick<KafkaConnection, 'ranges' | 'offsetsAt'>;

/** Topics that are asked about at once: a router has one for each member. */
const AT_ONCE = 16;

/**
 * Asks the broker what a wish means.
 * @param topics those of the stream
 * @throws HubError `STREAM_TOPIC_UNKNOWN`, `REWIND_BEFORE_RETENTION`, `BROKER_UNAVAILABLE`, `BROKER_REFUSED`
 */
export async function planRewind(
  broker: Broker,
  topics: readonly string[],
  wanted: Wanted,
  now: Date,
): Promise<RewindPlan> {
  const chosen = 'from' in wanted ? (wanted.topics ?? topics) : wanted.offsets.map(({ topic }) => topic);
  const strange = chosen.find((topic) => !topics.includes(topic));
  if (strange !== undefined) throw unknown(`the stream does not read ${strange}`);
  const found = await inChunks([...new Set(chosen)], (topic) => askTopic(broker, topic, wanted, now));
  const bounds = found.flatMap(({ topic, oldest }) => (oldest === null ? [] : [{ topic, ...oldest }]));
  const [latest] = bounds.toSorted((one, other) => other.told.getTime() - one.told.getTime());
  if ('from' in wanted && latest !== undefined && wanted.from < latest.refusedBefore)
    throw new HubError(
      'REWIND_BEFORE_RETENTION',
      `${latest.topic} may have lost records from before; the earliest time is ${latest.told.toISOString()}`,
      { details: { topic: latest.topic, earliest: latest.told.toISOString() } },
    );
  return { places: found.flatMap(({ places }) => places), oldest: latest?.told ?? null };
}

async function askTopic(
  broker: Broker,
  topic: string,
  wanted: Wanted,
  now: Date,
): Promise<{ readonly topic: string; readonly places: WantedPlace[]; readonly oldest: OldestTime | null }> {
  const ranges = await broker.ranges(topic);
  const oldest = await oldestTime(broker, topic, ranges, now);
  if ('from' in wanted) {
    const targets = await broker.offsetsAt(topic, wanted.from);
    const places = ranges.map(({ partition, low, high }) => ({
      ...{ topic, partition, low },
      target: targets.get(partition) ?? high,
    }));
    return { topic, places, oldest };
  }
  const lows = new Map(ranges.map(({ partition, low }) => [partition, low]));
  const byPartition = Map.groupBy(
    wanted.offsets.filter((one) => one.topic === topic),
    ({ partition }) => partition,
  );
  const places = [...byPartition.values()].map((given) => {
    const first = given.reduce((one, other) => (other.offset < one.offset ? other : one));
    return placeAt(first, lows.get(first.partition));
  });
  return { topic, places, oldest };
}

function placeAt({ topic, partition, offset }: Offset, low: bigint | undefined): WantedPlace {
  if (low === undefined) throw unknown(`${topic} has no partition ${partition}`);
  if (offset >= low) return { topic, partition, low, target: offset };
  const earliest = low.toString();
  throw new HubError(
    'REWIND_BEFORE_RETENTION',
    `${topic}/${partition} begins with offset ${earliest} by now: what was before it is gone`,
    { details: { topic, partition, earliestOffset: earliest } },
  );
}

function unknown(message: string): HubError {
  return new HubError('STREAM_TOPIC_UNKNOWN', message);
}

async function inChunks<T>(topics: readonly string[], ask: (topic: string) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let from = 0; from < topics.length; from += AT_ONCE)
    answers.push(...(await Promise.all(topics.slice(from, from + AT_ONCE).map(ask))));
  return answers;
}
