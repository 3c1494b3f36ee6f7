import kafkajs, { type Assigner, type Cluster, type PartitionAssigner } from 'kafkajs';

import type { Logger } from '#platform';

import { kafkaError } from './kafka-error.ts';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const VERSION = 1;
const NO_USER_DATA = Buffer.alloc(0);

/** A member of a group, by its id, and the topics it has subscribed to. */
export interface Subscription {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/** Partitions by topic. */
export type Assignment = Record<string, number[]>;

/**
 * Shares partitions among a group's members, each partition to one of those who subscribed to its topic: the one with
 * the fewest so far. The same input gives the same result on every machine.
 */
export function assignPartitions(
  members: readonly Subscription[],
  partitions: ReadonlyMap<string, readonly number[]>,
): Map<string, Assignment> {
  const ordered = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const result = new Map<string, Assignment>(ordered.map(({ memberId }) => [memberId, {}]));
  const load = new Map<string, number>();
  const wanted = new Map(ordered.map(({ memberId, topics }) => [memberId, new Set(topics)]));
  for (const [topic, ids] of [...partitions].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const takers = ordered.map(({ memberId }) => memberId).filter((id) => wanted.get(id)?.has(topic));
    for (const partition of [...ids].sort((a, b) => a - b)) {
      const taker = leastLoaded(takers, load);
      if (taker === undefined) break;
      load.set(taker, (load.get(taker) ?? 0) + 1);
      const assignment = result.get(taker);
      if (assignment !== undefined) (assignment[topic] ??= []).push(partition);
    }
  }
  return result;
}

function leastLoaded(takers: readonly string[], load: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  for (const taker of takers) {
    if (best === undefined || (load.get(taker) ?? 0) < (load.get(best) ?? 0)) best = taker;
  }
  return best;
}

/**
 * Assigner for kafkajs. Its own goes by the leader's list of topics alone: a topic that only another member wants stays
 * unread without an error, and one that only the leader wants may be given to a member that ignores it.
 */
export function subscriptionAssigner(logger: Logger): PartitionAssigner {
  return ({ cluster }): Assigner => ({
    name: 'HubSubscriptionAssigner',
    version: VERSION,

    protocol: ({ topics }) => ({
      name: 'HubSubscriptionAssigner',
      metadata: MemberMetadata.encode({ version: VERSION, topics, userData: NO_USER_DATA }),
    }),

    async assign({ members }) {
      const subscriptions = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        topics: MemberMetadata.decode(memberMetadata)?.topics ?? [],
      }));
      const topics = new Set(subscriptions.flatMap((member) => member.topics));
      const shares = assignPartitions(subscriptions, await partitionsOf(cluster, [...topics], logger));
      return [...shares].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({ version: VERSION, assignment, userData: NO_USER_DATA }),
      }));
    },
  });
}

/** The partitions of topics, also of those that this member, the leader, has not subscribed to itself. */
async function partitionsOf(
  cluster: Cluster,
  topics: readonly string[],
  logger: Logger,
): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  for (const topic of topics) {
    try {
      await cluster.addTargetTopic(topic);
      found.set(
        topic,
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
      );
    } catch (cause) {
      const error = kafkaError(cause, `partitions of ${topic}`);
      if (error.code === 'BROKER_UNAVAILABLE') throw cause;
      // One topic that the leader may not see must not keep the group from reading the others.
      logger.error({ err: error, topic }, 'a topic of the group cannot be assigned');
    }
  }
  return found;
}
