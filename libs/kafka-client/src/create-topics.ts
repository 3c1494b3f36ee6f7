import { setTimeout as pause } from 'node:timers/promises';

import type { Admin, ITopicConfig } from 'kafkajs';

const STEP_MS = 50;
const WITHIN_MS = 30_000;

/** What a broker says that has not heard of a new topic yet, or of its leader. */
const NOT_YET: ReadonlySet<unknown> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);

/**
 * Creates topics, and waits until the brokers know who leads each partition. kafkajs would wait itself
 * (`waitForLeaders`), but gives up when the broker that it asks has not heard of the topic: without ZooKeeper, brokers
 * hear of what the controller has decided a moment later.
 */
export async function createTopics(admin: Admin, topics: readonly ITopicConfig[]): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics: [...topics] });
  const deadline = performance.now() + WITHIN_MS;
  while (!(await areLed(admin, topics, performance.now() > deadline))) await pause(STEP_MS);
}

async function areLed(admin: Admin, topics: readonly ITopicConfig[], isLast: boolean): Promise<boolean> {
  try {
    const found = await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) });
    return isLast || found.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
  } catch (error) {
    const type = error instanceof Error && 'type' in error ? error.type : undefined;
    if (isLast || !NOT_YET.has(type)) throw error;
    return false;
  }
}
