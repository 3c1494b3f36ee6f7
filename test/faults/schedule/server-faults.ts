/** Faults of what the nodes stand on: brokers, database server, disks, clocks, and a database that is a copy of its past. */
import { setTimeout as pause } from 'node:timers/promises';
import { topics } from '#contracts';
import { isRunning, openClient } from '#embedded';
import { until } from '../../support/until.ts';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { FaultKind, Struck } from './fault.ts';
import { AUDITOR, AUTHORITIES } from './process-faults.ts';

const WHOLE_WITHIN_MS = 90_000;
const DISK_FULL_MS = 3_000;
const CLOCK_OFF_MS = 7_000;
const MINUTE_MS = 60_000;
/** How much of what a node does is missing in the copy of its database, milliseconds. */
const SINCE_COPY_MS = 4_000;
const SENT_WITHIN_MS = 30_000;

export const leaderKilled: FaultKind = {
  kind: 'broker-leader',
  title: '`kill -9` of the broker that leads a topic, or the offsets of the groups',
  weight: 2,
  draw: (random) => {
    const topic = random.pick([topics.routing, topics.receipts, '__consumer_offsets']);
    return {
      kind: leaderKilled.kind,
      victim: 'kafka',
      what: `kill -9 of the leader of ${topic}`,
      strike: (network) => brokerKilled(network, () => leaderOf(network, topic)),
    };
  },
};

export const controllerKilled: FaultKind = {
  kind: 'broker-controller',
  title: '`kill -9` of the broker that is the active controller',
  weight: 2,
  draw: () => ({
    kind: controllerKilled.kind,
    victim: 'kafka',
    what: 'kill -9 of the active controller',
    strike: (network) => brokerKilled(network, () => network.cluster.controller()),
  }),
};

export const postgresKilled: FaultKind = {
  kind: 'postgres',
  title: '`kill -9` of PostgreSQL, and its crash recovery',
  weight: 2,
  draw: () => ({
    kind: postgresKilled.kind,
    victim: 'postgres',
    what: 'kill -9 of PostgreSQL',
    strike: async (network) => {
      await network.postgres.crash();
      return 'done';
    },
  }),
};

export const diskFull: FaultKind = {
  kind: 'disk-full',
  title: 'the disk full: for documents at an authority, for the log’s files at the auditor',
  weight: 2,
  draw: (random) => {
    const victim = random.pick([...AUTHORITIES, 'auditor']);
    return {
      kind: diskFull.kind,
      victim,
      what: `the disk of ${victim} full for ${DISK_FULL_MS} ms`,
      strike: async (network) => {
        const { process } = network.node(victim);
        await process.order('disk-full');
        await pause(DISK_FULL_MS);
        await process.withdraw('disk-full');
        return 'done';
      },
    };
  },
};

export const clockOff: FaultKind = {
  kind: 'clock',
  title: 'the clock of one node ten minutes ahead or behind; the auditor’s an hour behind',
  weight: 2,
  draw: (random) => {
    const victim = random.pick(['router-1', 'auditor', 'registry', ...AUTHORITIES]);
    const isAhead = random.chance(0.5);
    // Of the others, an hour is more than their neighbours accept.
    const minutes = victim === AUDITOR && !isAhead ? 60 : 10;
    return {
      kind: clockOff.kind,
      // Two that are off in opposite ways are twenty minutes apart: more than is promised.
      victim: 'clock',
      what: `the clock of ${victim} ${minutes} minutes ${isAhead ? 'ahead' : 'behind'} for ${CLOCK_OFF_MS} ms`,
      strike: async (network) => {
        const { process } = network.node(victim);
        await process.order('clock', String((isAhead ? minutes : -minutes) * MINUTE_MS));
        await pause(CLOCK_OFF_MS);
        await process.withdraw('clock');
        return 'done';
      },
    };
  },
};

/**
 * What a node published after the copy was taken is on its topic, and no longer in its database. What it had not
 * published yet would be lost, and nobody promises otherwise: the node is given the time to send it.
 */
export const restoredFromCopy: FaultKind = {
  kind: 'restored-copy',
  title: 'the database of one node restored from a copy that is some seconds old',
  weight: 2,
  draw: (random) => {
    const victim = random.pick(['router-1', ...AUTHORITIES]);
    return {
      kind: restoredFromCopy.kind,
      victim,
      what: `the database of ${victim} restored from a copy`,
      strike: (network) => restored(network, victim),
    };
  },
};

async function restored(network: FaultNetwork, victim: string): Promise<Struck> {
  const node = network.node(victim);
  const { process, databaseName } = node;
  const copy = `${databaseName}_copy`;
  await process.away();
  await network.postgres.copy(databaseName, copy);
  await process.startAmidFaults();
  await pause(SINCE_COPY_MS);
  await network.allSent(node, SENT_WITHIN_MS);
  await process.away();
  await network.postgres.copy(copy, databaseName);
  await process.startAmidFaults();
  return 'done';
}

async function brokerKilled(network: FaultNetwork, which: () => Promise<number | null>): Promise<Struck> {
  await everyCopyInSync(network);
  const id = await which();
  const broker = network.cluster.brokers.find(({ nodeId }) => nodeId === id);
  if (broker === undefined) throw new Error(`there is no broker ${String(id)}`);
  broker.kill();
  await until(`broker ${broker.nodeId} is gone`, 5_000, () =>
    Promise.resolve(broker.identity !== undefined && isRunning(broker.identity) ? undefined : true),
  );
  await until(`broker ${broker.nodeId} is back`, WHOLE_WITHIN_MS, async () => {
    await broker.start(network.admin);
    return true;
  });
  return 'done';
}

/** With one copy behind, the loss of another broker would stop the topic; that is not what is asked here. */
async function everyCopyInSync(network: FaultNetwork): Promise<void> {
  await until('every topic has all its copies in sync', WHOLE_WITHIN_MS, async () => {
    const partitions = await partitionsOf(network);
    return partitions.every(({ isr, replicas }) => isr.length === replicas.length) ? true : undefined;
  });
}

async function leaderOf(network: FaultNetwork, topic: string): Promise<number | null> {
  const partitions = await partitionsOf(network, topic);
  return partitions[0]?.leader ?? null;
}

interface Partition {
  readonly leader: number;
  readonly isr: readonly number[];
  readonly replicas: readonly number[];
}

async function partitionsOf(network: FaultNetwork, topic?: string): Promise<readonly Partition[]> {
  const admin = openClient(network.admin, 'faults').admin();
  try {
    await admin.connect();
    const names = topic === undefined ? await admin.listTopics() : [topic];
    const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
    return found.flatMap(({ partitions }) => partitions);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
