/** A whole network of real processes over a home of its own, and ways to ask it as an outsider would. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { hubJson, runHub, spawnHub, type Ran } from './command-line.ts';
import { until } from './until.ts';

/** A node of the running network, as `network.json` tells it. */
export interface RunningNode {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  /** URL of its own database. */
  readonly database: string;
  readonly pid: number;
}

/** What `network.json` tells scripts. */
export interface NetworkFile {
  readonly up: { readonly pid: number };
  readonly members: readonly (RunningNode & { readonly ipa: string })[];
  readonly registry: RunningNode;
  readonly router: RunningNode;
  readonly auditor: RunningNode;
  readonly kafka: { readonly brokers: readonly string[]; readonly pid: number | null };
  readonly postgres: { readonly url: string; readonly pid: number | null };
  readonly pki: { readonly ca: string; readonly dir: string; readonly fingerprint: string };
  readonly log: { readonly vkey: string };
}

export interface Filed {
  readonly cui: string;
  readonly practiceId: string;
  readonly eventId: string;
  readonly procedure: string;
  readonly state: string;
}

export interface Shown extends Filed {
  readonly timeline: readonly {
    readonly authority: string;
    readonly event: string;
    readonly type: string;
    readonly position: number | null;
    readonly at: string;
  }[];
}

/** Long enough for the first start on two busy cores. */
const START_MS = 150_000;

const SETTINGS = {
  // Tests do not wait a minute for what is on the other side after milliseconds.
  RECONCILE_SETTLED_AFTER: '0',
  // To the broker of a few minutes its second compiler never pays back what it takes.
  JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1',
};

/** What the house promises: nothing of a network is left longer than this after its start process is gone. */
export const GONE_MS = 10_000;

export class TestNetwork {
  readonly home: string;
  #process: ChildProcess | undefined;

  private constructor(home: string) {
    this.home = home;
  }

  /** A new home; nothing runs in it yet. */
  static async inNewHome(): Promise<TestNetwork> {
    return new TestNetwork(await mkdtemp(join(tmpdir(), 'reset-hub-network-')));
  }

  /** The network that runs in this home, started by somebody else. */
  static at(home: string): TestNetwork {
    return new TestNetwork(home);
  }

  /** Starts the network and waits until its demonstration is over and it stays up. */
  async start(args: readonly string[] = []): Promise<NetworkFile> {
    const child = spawnHub(this.home, ['up', ...args], SETTINGS);
    this.#process = child;
    let printed = '';
    const keep = (bytes: Buffer): void => {
      printed += bytes.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const started = await until('the network is up', START_MS, async () => {
      if (child.exitCode !== null) return 'ended' as const;
      if (!printed.includes('Ctrl-C')) return undefined;
      const file = await this.file();
      // After a kill -9 the file of the network before is still there.
      return file.up.pid === child.pid ? file : undefined;
    });
    if (started === 'ended') throw new Error(`up ended with ${child.exitCode}\n${printed}`);
    return started;
  }

  /** The process that `npm start` is. */
  get process(): ChildProcess {
    if (!this.#process) throw new Error('the network was not started');
    return this.#process;
  }

  async file(): Promise<NetworkFile> {
    return JSON.parse(await readFile(join(this.home, 'network.json'), 'utf8')) as NetworkFile;
  }

  async member(ipa: string): Promise<NetworkFile['members'][number]> {
    const found = (await this.file()).members.find((member) => member.ipa === ipa);
    if (!found) throw new Error(`no member ${ipa}`);
    return found;
  }

  hub(...args: readonly string[]): Promise<Ran> {
    return runHub(this.home, args);
  }

  json<T>(...args: readonly string[]): Promise<T> {
    return hubJson<T>(this.home, args);
  }

  /** Asks a member's API. */
  async get(ipa: string, path: string): Promise<Response> {
    const { url, token } = await this.member(ipa);
    return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  }

  async getJson<T>(ipa: string, path: string): Promise<T> {
    const response = await this.get(ipa, path);
    if (!response.ok) throw new Error(`${path} at ${ipa}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Stops it as Ctrl-C does; answers the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    const child = this.process;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return ended;
  }

  async remove(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }

  /** Every process that the network said it has. */
  async pids(): Promise<number[]> {
    const { members, registry, router, auditor, kafka, postgres } = await this.file();
    const own = [...members, registry, router, auditor].map(({ pid }) => pid);
    return [...own, ...[kafka.pid, postgres.pid].filter((pid) => pid !== null)];
  }
}

/** True while a process of this id runs: one that has ended and was not waited for yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^\d+ \(.*\) Z /.test(statOf(pid));
}

/** The process's line in /proc; empty where there is none. */
function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
