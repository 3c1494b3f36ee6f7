import type { StreamPositions } from '#persistence';

import type { KafkaConnection } from './kafka-connection.ts';

/** Where a stream keeps how far its database has come: beside the effects of what it has read. */
export type PositionStore = Pick<StreamPositions, 'load' | 'save'>;

/** A partition whose records have to be read again: the database has lost the effects of some, or an operator wants it. */
export interface Rewind {
  readonly topic: string;
  readonly partition: number;
  /** The offset that the group had committed. */
  readonly from: bigint;
  /** The next one by the database. */
  readonly to: bigint;
}

/**
 * Compares what a group has committed with what its database says. The database's position is written first, so one
 * that is behind belongs to a database that was restored from a copy (or lost), or was taken back by an operator: what
 * is behind it is read again, from the beginning of the topic if it knows nothing. A position ahead of the offset is what a crash leaves.
 * @throws HubError `DATABASE_UNAVAILABLE`, `BROKER_UNAVAILABLE`, `BROKER_REFUSED`, `TOPIC_UNKNOWN`
 */
export async function findRewinds(
  connection: Pick<KafkaConnection, 'committedIn' | 'ranges'>,
  positions: PositionStore,
  group: string,
  topics: readonly string[],
): Promise<Rewind[]> {
  const committed = await connection.committedIn(group, topics);
  const stored = await positions.load(group, topics);
  const rewinds: Rewind[] = [];
  for (const { topic, partition, offset: from } of committed) {
    const to = stored.next(topic, partition) ?? (await beginning(connection, topic, partition));
    if (to < from) rewinds.push({ topic, partition, from, to });
  }
  return rewinds;
}

async function beginning(
  connection: Pick<KafkaConnection, 'ranges'>,
  topic: string,
  partition: number,
): Promise<bigint> {
  const ranges = await connection.ranges(topic);
  return ranges.find((range) => range.partition === partition)?.low ?? 0n;
}
