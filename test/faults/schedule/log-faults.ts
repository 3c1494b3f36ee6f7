/** Faults of the log: its writer killed or stopped in the middle of an append, and its database put back. */
import { setTimeout as pause } from 'node:timers/promises';
import { folderCopy } from '#audit';
import { FILE_POINTS, LOG_POINTS } from '#platform';
import { parseVkey, verifyCheckpoint } from '#tlog';
import { until } from '../../support/until.ts';
import { logFolder, type FaultNode } from '../network/fault-node.ts';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { FaultKind, Struck } from './fault.ts';
import {
  AUDITOR,
  crash,
  REACHED_WITHIN_MS,
  STOPPED_MS,
  TOGETHER_MS,
  type CrashPoint,
} from './process-faults.ts';

/** Passed when an instance starts, and when 256 more leaves have come: nobody can wait for that. The last is an `after-commit`. */
const NOT_DRAWN: readonly CrashPoint[] = ['log-lease', 'file-removed', 'log-committed'];
const STEPS = [...LOG_POINTS, ...FILE_POINTS].filter((each) => !NOT_DRAWN.includes(each));
/** Steps at which an append has been sent, or some of it, and is not committed. */
const IN_APPEND = ['log-leaves', 'log-hashes', 'log-checkpoint'] as const;

const GROWN_WITHIN_MS = 120_000;
/** The writer asks for its lease each second, and looks into the folders when it has it. */
const TOLD_WITHIN_MS = 120_000;
/** How long a log that has to stand still is looked at, milliseconds: ten times what an append waits. */
const STANDS_STILL_MS = 2_000;
/** What an auditor says of a database that is older than what it has published. */
const OLD_COPY = /LOG_FILES_CONTRADICTED|LOG_ROLLED_BACK/;

export const crashInLog: FaultKind = {
  kind: 'log-step',
  title: '`kill -9` of the auditor at a step of an append, or of writing the log’s files',
  weight: 3,
  draw: (random) => crash(crashInLog.kind, random, AUDITOR, STEPS),
};

export const stoppedInAppend: FaultKind = {
  kind: 'append-stopped',
  title:
    'the auditor stopped (SIGSTOP) within an append, for longer than its lease, then continued; sometimes a second instance takes over',
  weight: 2,
  draw: (random) => {
    const point = random.pick(IN_APPEND);
    const hasSuccessor = random.chance(0.5);
    return {
      kind: stoppedInAppend.kind,
      victim: AUDITOR,
      what: `${AUDITOR} stopped at ${point} for ${STOPPED_MS} ms${hasSuccessor ? ', a second instance beside it' : ''}`,
      strike: (network) => appendStopped(network, point, hasSuccessor),
    };
  },
};

export const logPutBack: FaultKind = {
  kind: 'log-put-back',
  title:
    'the auditor started on an old copy of its database, where it has to refuse to write, and then on the newest one',
  weight: 1,
  draw: () => ({
    kind: logPutBack.kind,
    victim: AUDITOR,
    what: `${AUDITOR} started on an old copy of its database`,
    strike: putBack,
  }),
};

async function appendStopped(
  network: FaultNetwork,
  point: (typeof IN_APPEND)[number],
  hasSuccessor: boolean,
): Promise<Struck> {
  const { process } = network.node(AUDITOR);
  // What came too late for an earlier order is not what is waited for.
  await process.hasStopped();
  await process.order('stop', point);
  const reached = await until(`${AUDITOR} stops at ${point}`, REACHED_WITHIN_MS, async () =>
    (await process.hasStopped()) ? true : undefined,
  ).catch(() => false);
  await process.withdraw('stop');
  const since = performance.now();
  const second = hasSuccessor ? await network.secondOf(AUDITOR) : undefined;
  try {
    await second?.startAmidFaults();
    await pause(Math.max(0, STOPPED_MS - (performance.now() - since)));
  } finally {
    process.signal('SIGCONT');
  }
  if (second !== undefined) {
    await pause(TOGETHER_MS);
    await second.away();
  }
  return reached ? 'done' : 'not reached';
}

/** What docs/restore.md says of an auditor that was started on an older copy by mistake. */
async function putBack(network: FaultNetwork): Promise<Struck> {
  const { postgres } = network;
  const auditor = network.node(AUDITOR);
  const { process, databaseName } = auditor;
  const [old, newest] = [`${databaseName}_old`, `${databaseName}_newest`];
  await process.away();
  const size = await network.sizeOfLog();
  await postgres.copy(databaseName, old);
  await process.startAmidFaults();
  await until('more of the log is published', GROWN_WITHIN_MS, async () =>
    (await sizeInFolder(network)) > size ? true : undefined,
  );
  await process.away();
  await postgres.copy(databaseName, newest);
  await postgres.copy(old, databaseName);
  await process.startAmidFaults();
  await until('the auditor says that its database is an old copy', TOLD_WITHIN_MS, async () =>
    OLD_COPY.test(await healthOf(auditor)) ? true : undefined,
  );
  await pause(STANDS_STILL_MS);
  const grown = await network.sizeOfLog();
  await process.away();
  await postgres.copy(newest, databaseName);
  await process.startAmidFaults();
  if (grown === size) return 'done';
  throw new Error(
    `the auditor went on to ${grown} leaves from an old copy of its database, which had ${size}`,
  );
}

/** Leaves of the checkpoint in the folder; 0 before the first. */
async function sizeInFolder(network: FaultNetwork): Promise<number> {
  const note = await folderCopy(logFolder(network.home))('checkpoint');
  return note === undefined ? 0 : verifyCheckpoint(note, parseVkey(network.file().log.vkey)).size;
}

async function healthOf({ url }: FaultNode): Promise<string> {
  const answer = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(5_000) });
  return await answer.text();
}
