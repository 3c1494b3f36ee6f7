/** A whole network in a home of its own, of the product's real processes: the servers stay, the nodes come and go. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { lockHome, type HomeLock } from '../../../apps/cli/src/up/home-lock.ts';
import { planNetwork } from '../../../apps/cli/src/up/network-plan.ts';
import { claimHome, markHome } from '../../../apps/cli/src/up/prepare-home.ts';
import type { Step } from '../../../apps/cli/src/up/progress.ts';
import { quietKafkajs } from '../../../apps/cli/src/up/quiet-kafkajs.ts';
import { Shutdown } from '../../../apps/cli/src/up/shutdown.ts';
import { NetworkStart } from '../../../apps/cli/src/up/start-network.ts';
import { Announcement } from '../../../apps/cli/src/network/announcement.ts';
import type { Network } from '../../../apps/cli/src/network/network-file.ts';
import { writeCatalogue } from './catalogue.ts';
import { environmentOf, type Watched } from './processes.ts';

/** Positions in `NetworkStart.steps()`: guardian and keys, servers; then services, authorities. */
const SERVERS = 2;
const NODES = 4;
const STOPPING_NODES = 'Stopping nodes';
const SETTLE_MS = 5_000;
const LOOK_MS = 50;

export interface BenchNetworkOptions {
  /** Joined public bodies: four or more. */
  readonly members?: number;
  /** Those whose nodes run; all when absent. */
  readonly running?: readonly string[];
  /** The server stamps each commit with its time. */
  readonly commitTimes?: boolean;
  /** Where the nodes leave their profiles when they end. */
  readonly cpuProf?: string | undefined;
  /** Where the logs of the nodes are kept when the network is gone. */
  readonly keepLogs?: string | undefined;
}

export class BenchNetwork {
  readonly home: string;
  readonly #start: NetworkStart;
  readonly #shutdown: Shutdown;
  readonly #lock: HomeLock;
  readonly #options: BenchNetworkOptions;
  #closed: Promise<void> | undefined;
  #known: Network | undefined;

  private constructor(
    home: string,
    parts: { readonly start: NetworkStart; readonly shutdown: Shutdown; readonly lock: HomeLock },
    options: BenchNetworkOptions,
  ) {
    this.home = home;
    this.#start = parts.start;
    this.#shutdown = parts.shutdown;
    this.#lock = parts.lock;
    this.#options = options;
  }

  /** Starts broker and database server in a new home; no node yet. Ctrl-C from now on ends all of it. */
  static async open(options: BenchNetworkOptions = {}): Promise<BenchNetwork> {
    quietKafkajs();
    const home = await mkdtemp(join(tmpdir(), 'reset-hub-bench-'));
    await claimHome(home);
    const lock = await lockHome(home);
    const whole = planNetwork(await writeCatalogue(join(home, 'catalogue'), options.members ?? 0));
    const plan = { ...whole };
    const shutdown = new Shutdown();
    const marker = await markHome(home, plan.catalogue.network);
    const start = new NetworkStart({
      ...{ home, plan, marker, lock, shutdown },
      announcement: new Announcement(home),
      warn: (text) => void process.stderr.write(text),
      env: environment(options),
    });
    const network = new BenchNetwork(home, { start, shutdown, lock }, options);
    network.#listen();
    try {
      await network.#startServers();
      const { running = whole.members.map(({ ipa }) => ipa) } = options;
      // Keys, topics and databases are there for all members; nodes only for those that run.
      plan.members = whole.members.filter(({ ipa }) => running.includes(ipa));
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  async #startServers(): Promise<void> {
    const [prepare, servers] = this.#start.steps().slice(0, SERVERS);
    if (prepare === undefined || servers === undefined || !('steps' in servers))
      throw new Error('no servers to start');
    await runStep(prepare);
    const [postgres, ...others] = servers.steps;
    if (postgres === undefined) throw new Error('no database server to start');
    await runStep(postgres);
    if (this.#options.commitTimes === true) {
      await stampCommits(join(this.home, 'postgres'));
      await runStep(postgres);
    }
    for (const step of others) await runStep(step);
  }

  /** Starts every node, as `up` does, and answers when all are in service. */
  async startNodes(): Promise<Network> {
    for (const step of this.#start.steps().slice(SERVERS, NODES)) await runStep(step);
    this.#known = this.#start.network();
    return this.#known;
  }

  /** Ends every node; the servers stay. */
  async stopNodes(): Promise<void> {
    for (const step of this.#shutdown.steps()) if (step.title === STOPPING_NODES) await runStep(step);
  }

  /** What ran last, where its parts are. */
  get network(): Network {
    if (this.#known === undefined) throw new Error('the nodes were never started');
    return this.#known;
  }

  /** The servers. */
  servers(): readonly Watched[] {
    const { kafka, postgres } = this.network;
    return [
      ...(kafka.pid === null ? [] : [{ name: 'broker', pid: kafka.pid, withChildren: false }]),
      ...(postgres.pid === null ? [] : [{ name: 'PostgreSQL', pid: postgres.pid, withChildren: true }]),
    ];
  }

  /** The nodes that run, by their names. */
  nodes(): readonly Watched[] {
    const { members, registry, router, auditor } = this.#start.network();
    return [registry, router, auditor, ...members]
      .filter(({ pid }) => pid > 0)
      .map(({ name, pid }) => ({ name, pid, withChildren: false }));
  }

  /** The environment of a node that runs. */
  environment(name: string): Record<string, string> {
    const found = this.nodes().find((node) => node.name === name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return without(environmentOf(found.pid), ['NODE_OPTIONS']);
  }

  /** Database of a node. */
  database(name: string): string {
    const { members, router, auditor } = this.network;
    const found = [router, auditor, ...members].find((node) => node.name === name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found.database;
  }

  /** Ends everything and removes the home. */
  async close(): Promise<void> {
    this.#closed ??= this.#end();
    await this.#closed;
  }

  async #end(): Promise<void> {
    this.#shutdown.ask('the end of the bench');
    await this.#shutdown.settle(SETTLE_MS);
    for (const step of this.#shutdown.steps()) await runStep(step);
    await this.#lock.release();
    const { keepLogs } = this.#options;
    if (keepLogs !== undefined) {
      await mkdir(keepLogs, { recursive: true });
      await cp(join(this.home, 'logs'), keepLogs, { recursive: true });
    }
    await rm(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
  }

  #listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        process.stderr.write(`\n${signal}: ending the network\n`);
        void this.close().finally(() => process.exit(130));
      });
    }
  }
}

/** Without what would mean another thing to the nodes of this network, and to those that `npm test` starts. */
function environment({ cpuProf }: BenchNetworkOptions): NodeJS.ProcessEnv {
  const env = without(process.env, ['DATABASE_URL', 'KAFKA_BROKERS', 'NODE_OPTIONS']);
  const options = process.env['NODE_OPTIONS'];
  const profile = cpuProf === undefined ? [] : [`--cpu-prof`, `--cpu-prof-dir=${cpuProf}`];
  const all = [...(options === undefined ? [] : [options]), ...profile].join(' ');
  // A node that finds a million events compares all of them with its neighbours first: once, and not what is measured.
  return { ...env, RECONCILE_EVERY: '0', ...(all === '' ? {} : { NODE_OPTIONS: all }) };
}

function without<T>(env: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/** Turns commit time stamps on, and ends the server: the setting holds from its next start. */
async function stampCommits(dir: string): Promise<void> {
  const { port, password } = JSON.parse(await readFile(join(dir, 'access.json'), 'utf8')) as {
    readonly port: number;
    readonly password: string;
  };
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' });
  await client.connect();
  await client.query('alter system set track_commit_timestamp = on');
  await client.end();
  const [pid] = (await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')).split('\n');
  // PostgreSQL's fast shutdown.
  process.kill(Number(pid), 'SIGINT');
  while (existsSync(`/proc/${Number(pid)}`)) await pause(LOOK_MS);
}

async function runStep(step: Step): Promise<void> {
  if ('steps' in step) {
    if (step.together) await Promise.all(step.steps.map(runStep));
    else for (const one of step.steps) await runStep(one);
    return;
  }
  await step.run(() => undefined);
}
