/** Faults of the nodes' own processes: killed anywhere, killed at a named place, stopped for too long, started twice. */
import { setTimeout as pause } from 'node:timers/promises';
import { CRASH_POINTS, FILE_POINTS, LOG_POINTS } from '#platform';
import { until } from '../../support/until.ts';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { App } from '../network/fault-node.ts';
import type { Random } from '../random.ts';
import type { Fault, FaultKind, Struck } from './fault.ts';

export const AUDITOR = 'auditor';
export const AUTHORITIES = ['c_d150', 'p_cr', 'c_d142', 'c_b898'] as const;
/** Those through which most of the flow goes come up more often. */
const BUSY = ['router-1', 'c_d150', 'p_cr'] as const;
const EVERYBODY = ['registry', 'router-1', 'auditor', ...AUTHORITIES] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Of a process that is killed at no point in particular. */
export const ANYWHERE = 'anywhere';

const READING: readonly CrashPoint[] = [
  'before-position-save',
  'after-position-save',
  'before-offset-commit',
  'after-offset-commit',
];
const SENDS: readonly CrashPoint[] = ['before-send', 'after-send'];
/** Steps of the log, which only the auditor passes, are struck by themselves (`log-faults.ts`). */
const OF_THE_LOG: readonly CrashPoint[] = [...LOG_POINTS, ...FILE_POINTS];

/** Commits of leases and of the relay are among the commits; positions and offsets are written once for what came in half a second. */
const MOST_PASSAGES: Readonly<Record<CrashPoint, number>> = {
  'before-commit': 6,
  'after-commit': 6,
  'before-send': 3,
  'after-send': 3,
  'before-position-save': 2,
  'after-position-save': 2,
  'before-offset-commit': 2,
  'after-offset-commit': 2,
  'log-lease': 1,
  'log-hashes': 4,
  'log-leaves': 4,
  'log-checkpoint': 4,
  'log-committed': 1,
  'files-step': 4,
  'folder-made': 8,
  'file-half-written': 8,
  'file-written': 8,
  'file-named': 8,
  'folder-synced': 8,
  'file-removed': 1,
};

/** How long an ordered place may take to be passed, milliseconds. */
export const REACHED_WITHIN_MS = 20_000;
/** Longer than a session with the brokers (6 s), a lease (6 s), and the log writer's open transaction (3 s). */
export const STOPPED_MS = 7_500;
/** How long the second instance and the one that was stopped work side by side, milliseconds. */
export const TOGETHER_MS = 2_000;

export const processKilled: FaultKind = {
  kind: 'process-killed',
  title: '`kill -9` of a process, anywhere',
  weight: 5,
  draw: (random) => {
    const victim = random.pick([...EVERYBODY, ...BUSY]);
    return {
      kind: processKilled.kind,
      victim,
      what: `kill -9 of ${victim}`,
      death: { app: appOf(victim), point: ANYWHERE },
      strike: (network) => killed(network, victim),
    };
  },
};

export const crashAtPoint: FaultKind = {
  kind: 'crash-point',
  title:
    '`kill -9` of a process before or after a commit, a send, a save of positions or a commit of offsets',
  weight: 6,
  draw: (random) => {
    const victim = random.pick([...EVERYBODY, ...BUSY, ...BUSY]);
    const never = [...OF_THE_LOG, ...neverPassed(victim)];
    const points = CRASH_POINTS.filter((each) => !never.includes(each));
    return crash(crashAtPoint.kind, random, victim, points);
  },
};

export const stopped: FaultKind = {
  kind: 'stopped',
  title: 'a process stopped (SIGSTOP) for longer than its session and its lease, then continued',
  weight: 2,
  draw: (random) => {
    const victim = random.pick(['router-1', 'auditor', ...AUTHORITIES]);
    return {
      kind: stopped.kind,
      victim,
      what: `${victim} stopped for ${STOPPED_MS} ms`,
      strike: async (network) => {
        const { process } = network.node(victim);
        process.signal('SIGSTOP');
        await pause(STOPPED_MS);
        process.signal('SIGCONT');
        return 'done';
      },
    };
  },
};

export const stoppedWithSuccessor: FaultKind = {
  kind: 'stopped-with-successor',
  title: 'the same while a second instance takes over relay, streams and log; then one of the two is killed',
  weight: 2,
  draw: (random) => {
    const victim = random.pick(['router-1', 'auditor', ...AUTHORITIES]);
    const killsFirst = random.chance(0.5);
    return {
      kind: stoppedWithSuccessor.kind,
      victim,
      what: `${victim} stopped while a second instance takes over; then kill -9 of the ${killsFirst ? 'first' : 'second'}`,
      strike: (network) => succeeded(network, victim, killsFirst),
    };
  },
};

export const startedTogether: FaultKind = {
  kind: 'started-together',
  title: 'two instances of a node started at one moment; after a while `kill -9` of the second',
  weight: 1,
  draw: (random) => {
    const victim = random.pick(['router-1', 'auditor', ...AUTHORITIES]);
    return {
      kind: startedTogether.kind,
      victim,
      what: `two instances of ${victim} started at one moment`,
      strike: (network) => togetherStarted(network, victim),
    };
  },
};

function appOf(victim: string): App {
  switch (victim) {
    case 'registry':
    case 'auditor':
      return victim;
    case 'router-1':
      return 'router';
    default:
      return 'authority';
  }
}

/** The auditor sends next to nothing, and the registry reads no stream. */
function neverPassed(victim: string): readonly CrashPoint[] {
  if (victim === 'auditor') return SENDS;
  return victim === 'registry' ? READING : [];
}

async function killed(network: FaultNetwork, victim: string): Promise<Struck> {
  const { process } = network.node(victim);
  const before = process.current?.pid;
  process.kill();
  await process.upAgain(before);
  return 'done';
}

/** A death at one of these points. */
export function crash(kind: string, random: Random, victim: string, points: readonly CrashPoint[]): Fault {
  const point = random.pick(points);
  const passage = random.between(1, MOST_PASSAGES[point]);
  return {
    kind,
    victim,
    what: `${victim} dies ${point}, passage ${passage}`,
    death: { app: appOf(victim), point },
    strike: async (network) => {
      const { process } = network.node(victim);
      const { crashes } = process;
      const before = process.current?.pid;
      await process.order('crash', `${point} ${passage}`);
      const reached = await until(`${victim} passes ${point}`, REACHED_WITHIN_MS, () =>
        Promise.resolve(process.crashes > crashes ? true : undefined),
      ).catch(() => false);
      await process.withdraw('crash');
      if (!reached) process.kill();
      await process.upAgain(before);
      return reached ? 'done' : 'not reached';
    },
  };
}

async function succeeded(network: FaultNetwork, victim: string, killsFirst: boolean): Promise<Struck> {
  const { process: first } = network.node(victim);
  const before = first.current?.pid;
  const second = await network.secondOf(victim);
  first.signal('SIGSTOP');
  const since = performance.now();
  try {
    await second.startAmidFaults();
    await pause(Math.max(0, STOPPED_MS - (performance.now() - since)));
  } finally {
    first.signal('SIGCONT');
  }
  try {
    await pause(TOGETHER_MS);
    if (killsFirst) {
      first.kill();
      await first.upAgain(before);
      await second.stop();
    }
  } finally {
    await second.away();
  }
  return 'done';
}

async function togetherStarted(network: FaultNetwork, victim: string): Promise<Struck> {
  const { process: first } = network.node(victim);
  const before = first.current?.pid;
  const second = await network.secondOf(victim);
  // It is started again at once, as the second is.
  first.kill();
  try {
    await Promise.all([first.upAgain(before), second.startAmidFaults()]);
    await pause(TOGETHER_MS);
  } finally {
    await second.away();
  }
  return 'done';
}
