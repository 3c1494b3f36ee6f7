/** From which time on a topic can be read again. */
import { topicDefinition } from '#contracts';
import type { KafkaConnection, PartitionRange } from '#messaging';
import { bisect } from '#platform';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** What is so near its end may be gone before it is read, milliseconds. */
const RESERVE_MS = 60 * MINUTE_MS;
/** The time that is told can still be asked for after this, milliseconds. */
const TOLD_AHEAD_MS = 10 * MINUTE_MS;
/** By how much a record's time stamp may be ahead of the clock here, milliseconds. */
const AHEAD_MS = DAY_MS;

type Broker = Pick<KafkaConnection, 'offsetsAt'>;

/** A bound to the times that can be asked for. */
export interface OldestTime {
  /** An earlier time is refused. */
  readonly refusedBefore: Date;
  /** What the operator is told. It moves with the clock, so it lies a little later. */
  readonly told: Date;
}

/**
 * The oldest time from which everything in the topic can be read again; null where the topic still holds all it ever had
 * and is not about to lose any. A topic with a retention keeps its records for that long, whatever else it has lost;
 * of one that keeps them for ever and has lost some nothing is known but the time of the first that is left.
 * @param ranges what its partitions hold
 * @throws HubError `BROKER_UNAVAILABLE`, `BROKER_REFUSED`
 */
export async function oldestTime(
  broker: Broker,
  topic: string,
  ranges: readonly PartitionRange[],
  now: Date,
): Promise<OldestTime | null> {
  const days = topicDefinition(topic)?.retentionDays ?? null;
  return days === null ? firstLeft(broker, topic, ranges, now) : retained(broker, topic, days * DAY_MS, now);
}

async function retained(
  broker: Broker,
  topic: string,
  retentionMs: number,
  now: Date,
): Promise<OldestTime | null> {
  const floor = now.getTime() - retentionMs + RESERVE_MS;
  const refusedBefore = new Date(floor);
  // No record below this was ever there, or those that were are gone or about to go.
  const offsets = await broker.offsetsAt(topic, refusedBefore);
  if ([...offsets.values()].every((offset) => offset === 0n)) return null;
  const told = Math.ceil((floor + TOLD_AHEAD_MS) / MINUTE_MS) * MINUTE_MS;
  return { refusedBefore, told: new Date(told) };
}

async function firstLeft(
  broker: Broker,
  topic: string,
  ranges: readonly PartitionRange[],
  now: Date,
): Promise<OldestTime | null> {
  const cut = ranges.filter(({ low, high }) => low > 0n && low < high);
  const times = await Promise.all(
    cut.map(({ partition, low }) => timeOf(broker, topic, partition, low, now)),
  );
  if (times.length === 0) return null;
  const last = new Date(Math.max(...times));
  return { refusedBefore: last, told: last };
}

/** The time stamp of the first record that a partition holds: the last moment whose records begin with it. Nothing is read. */
async function timeOf(
  broker: Broker,
  topic: string,
  partition: number,
  low: bigint,
  now: Date,
): Promise<number> {
  const { low: at } = await bisect({ low: 0, high: now.getTime() + AHEAD_MS }, 1, async (moment) => {
    const offset = (await broker.offsetsAt(topic, new Date(Math.floor(moment)))).get(partition) ?? 0n;
    return offset <= low;
  });
  return Math.floor(at);
}
