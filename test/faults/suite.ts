/** One run of the fault suite: a network, filings and answers, a schedule of faults, and then the questions. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning } from '#embedded';
import { parentOf } from '../../apps/cli/src/network/process-identity.ts';
import { findProblems } from './checks/find-problems.ts';
import { proveAll } from './checks/prove-all.ts';
import { readAllAgain } from './checks/read-again.ts';
import { SeenCheckpoints } from './checks/seen-checkpoints.ts';
import { readHoldings } from './checks/read-databases.ts';
import { Flow } from './flow/flow.ts';
import { FaultNetwork } from './network/fault-network.ts';
import { Random } from './random.ts';
import type { FaultKind } from './schedule/fault.ts';
import { runSchedule, type Outcome } from './schedule/run-schedule.ts';
import { drawSchedule } from './schedule/schedule.ts';

/** A network at rest is looked at so often, milliseconds. */
const LOOK_MS = 1_000;
/** How long an event may take on its way, and everything until it is as promised after the last fault, milliseconds. */
const PATIENCE_MS = 150_000;
/** What has not changed for so long will not mend itself any more: a document waits 16 s at most after short cuts. */
const NO_CHANGE_MS = 45_000;
/** What the house promises of everything that a network ran. */
const GONE_WITHIN_MS = 10_000;

export interface SuiteOptions {
  readonly seed: number;
  readonly kills: number;
  readonly kinds?: readonly FaultKind[] | undefined;
  /** The compiled programs to run; the project's own `dist` unless given. */
  readonly dist?: string | undefined;
  /** Where the network's folder is kept for whoever looks into a failure; deleted unless given. */
  readonly keepIn?: string | undefined;
  /** How long an event may take on its way, milliseconds; two and a half minutes unless given. */
  readonly patienceMs?: number | undefined;
  /**
   * Whether, at the end, every node reads everything again from the beginning, and copies of the log are altered to see that it
   * is found; not unless given.
   */
  readonly isThorough?: boolean | undefined;
  readonly report: (what: string) => void;
}

export interface SuiteResult {
  readonly seed: number;
  readonly kills: number;
  readonly outcomes: readonly Outcome[];
  readonly filings: number;
  readonly acts: number;
  readonly repeated: number;
  readonly lostAnswers: number;
  readonly unanswered: number;
  readonly events: number;
  readonly leaves: number;
  /** What is not as promised; empty, if all is. */
  readonly problems: readonly string[];
  readonly seconds: number;
}

export async function runSuite(options: SuiteOptions): Promise<SuiteResult> {
  const { seed, kills, report, patienceMs = PATIENCE_MS } = options;
  const began = performance.now();
  const random = new Random(seed);
  const faults = drawSchedule(random.fork(), kills, options.kinds);
  const flowRandom = random.fork();
  const home = options.keepIn ?? (await mkdtemp(join(tmpdir(), 'reset-hub-faults-')));
  const dist = options.dist ?? join(process.cwd(), 'dist');
  try {
    const network = await FaultNetwork.start({ home, dist, report });
    const result = await onNetwork(network, async () => {
      const flow = new Flow(network, flowRandom, patienceMs);
      const seen = new SeenCheckpoints(network);
      flow.start();
      report(`the network is up after ${seconds(began)} s; filings and answers flow; ${kills} faults follow`);
      const outcomes = await runSchedule(
        network,
        faults,
        random.fork(),
        ({ fault, struck, why, ms }, nth) => {
          report(`${nth}/${kills} ${fault.what}: ${why ?? struck}, ${Math.round(ms / 100) / 10} s`);
        },
      );
      report('the last fault is over; what is on its way arrives');
      await flow.stop();
      for (const what of flow.late) report(`late: ${what}`);
      const altering = options.isThorough === true ? random.fork() : null;
      const settling = { patienceMs, report, altering, seen };
      try {
        return { flow, outcomes, hollow: seen.hollow, ...(await settle(network, flow, settling)) };
      } finally {
        await seen.close();
      }
    });
    const { flow, outcomes, hollow, problems, events, leaves } = result.worked;
    const failed = outcomes.filter(({ struck }) => struck === 'failed');
    return {
      seed,
      kills,
      outcomes,
      ...countsOf(flow),
      events,
      leaves,
      problems: [
        ...problems,
        ...hollow,
        ...flow.complaints,
        ...failed.map(({ fault, why }) => `${fault.what}: ${why ?? ''}`),
        ...network.surprises(),
        ...result.left,
      ],
      seconds: seconds(began),
    };
  } finally {
    if (options.keepIn === undefined) await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Works on a network, stops it whatever happens, and looks for processes that are left. */
async function onNetwork<T>(
  network: FaultNetwork,
  work: () => Promise<T>,
): Promise<{ readonly worked: T; readonly left: readonly string[] }> {
  let worked: T;
  try {
    worked = await work();
  } finally {
    await network.stop();
  }
  return { worked, left: await leftBehind(network) };
}

interface Settling {
  readonly patienceMs: number;
  readonly report: SuiteOptions['report'];
  /** For the thorough end; null if there is none. */
  readonly altering: Random | null;
  readonly seen: SeenCheckpoints;
}

/**
 * Looks until everything is as promised, or nothing changes any more; the same once more, if everything is read again;
 * then proves what is proved once.
 */
async function settle(
  network: FaultNetwork,
  flow: Flow,
  { patienceMs, report, altering, seen: checkpoints }: Settling,
): Promise<{ readonly problems: readonly string[]; readonly events: number; readonly leaves: number }> {
  const deadline = performance.now() + patienceMs;
  let seen = '';
  let since = performance.now();
  let isToRead = altering !== null;
  for (;;) {
    const holdings = await readHoldings(network).catch((error: unknown) => String(error));
    const problems = typeof holdings === 'string' ? [holdings] : findProblems(holdings, flow.ledger);
    if (typeof holdings !== 'string') {
      const counts = { events: holdings.routed.length, leaves: holdings.leaves.length };
      if (problems.length === 0 && isToRead) {
        isToRead = false;
        report(`${await readAllAgain(network)} records were read again, from the beginning`);
        continue;
      }
      if (problems.length === 0) {
        report(`${counts.events} events are where they belong; the log and the replay are proved`);
        return { problems: await proveAll(network, holdings, checkpoints, altering), ...counts };
      }
      if (performance.now() > deadline || performance.now() - since > NO_CHANGE_MS)
        return { problems, ...counts };
    } else if (performance.now() > deadline) {
      return { problems, events: 0, leaves: 0 };
    }
    if (problems.join('\n') !== seen) {
      seen = problems.join('\n');
      since = performance.now();
    }
    await pause(LOOK_MS);
  }
}

function countsOf({
  ledger,
}: Flow): Pick<SuiteResult, 'filings' | 'acts' | 'repeated' | 'lostAnswers' | 'unanswered'> {
  const { filings, acts, repeated, lostOnPurpose } = ledger.counts;
  const unanswered = [...ledger.unknown.values()].reduce((sum, count) => sum + count, 0);
  return { filings, acts, repeated, lostAnswers: lostOnPurpose, unanswered };
}

/** Processes of the network that are still there: those it knows of, and any other that has its folder in its hands. */
async function leftBehind(network: FaultNetwork): Promise<string[]> {
  const deadline = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const known = network.everyProcess().filter(([, identity]) => isRunning(identity));
    const left = [
      ...known.map(([name, { pid }]) => `process ${pid} (${name}) is left`),
      ...strangers(network.home),
    ];
    if (left.length === 0 || performance.now() > deadline) return left;
    await pause(100);
  }
}

/**
 * Processes whose command or environment names the network's folder; none where there is no /proc. Whoever called this
 * process with `--home` names it, too.
 */
function strangers(home: string): string[] {
  if (!existsSync('/proc/self/environ')) return [];
  const callers = new Set<number>();
  for (let pid: number | undefined = process.pid; pid !== undefined && pid > 1; pid = parentOf(pid))
    callers.add(pid);
  return readdirSync('/proc')
    .filter((pid) => /^[0-9]+$/.test(pid) && !callers.has(Number(pid)))
    .filter((pid) => ['cmdline', 'environ'].some((file) => mentions(`/proc/${pid}/${file}`, home)))
    .map((pid) => `process ${pid}, which nobody knows of, is left`);
}

function mentions(path: string, text: string): boolean {
  try {
    return readFileSync(path).includes(text);
  } catch {
    return false;
  }
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}
