import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { identify, isRunning, type Guardian, type ProcessIdentity } from '#embedded';
import { startNodeProcess, type NodeProcess, type NodeSpec } from '../../../apps/cli/src/up/node-process.ts';
import { until } from '../../support/until.ts';

/** Before a start that failed (its database was away) is tried again, milliseconds. */
const AGAIN_MS = 250;
const UP_WITHIN_MS = 90_000;
const TAIL = 1_500;

/** What a process can be told in its folder of orders (`FAULT_ORDERS`). */
type Order = 'crash' | 'stop' | 'clock' | 'disk-full';

/** A node's process that is started again, at once, whenever it ends; until it is told to stay away. */
export class KeptProcess {
  readonly spec: NodeSpec;
  /** Folder of the orders that its process follows (`FAULT_ORDERS`). */
  readonly orders: string;
  /** Every process that it ever was. */
  readonly identities: ProcessIdentity[] = [];
  /** What it did that nobody asked for: it ended by itself, with the end of its log. */
  readonly surprises: string[] = [];
  readonly #guardian: Guardian;
  readonly #started: ((pid: number) => void) | undefined;
  #process: NodeProcess | undefined;
  #wanted = true;
  #isKilled = false;
  #crashes = 0;
  #loop: Promise<void> = Promise.resolve();

  /** @param started told the id of each of its processes */
  constructor(spec: NodeSpec, orders: string, guardian: Guardian, started?: (pid: number) => void) {
    this.spec = { ...spec, env: { ...spec.env, FAULT_ORDERS: orders } };
    this.orders = orders;
    this.#guardian = guardian;
    this.#started = started;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Its process while it is ready; undefined while there is none, or it is still starting. */
  get current(): NodeProcess | undefined {
    return this.#process;
  }

  /** Starts it and waits until it is ready. @throws HubError `NODE_START_FAILED` */
  async start(): Promise<void> {
    await mkdir(this.orders, { recursive: true });
    this.#wanted = true;
    this.#process = await this.#launch();
    this.#loop = this.#keep(this.#process);
  }

  /** As `start`, but tries again while what it stands on is away: another fault may be under way. */
  async startAmidFaults(): Promise<void> {
    await until(`${this.name} starts`, UP_WITHIN_MS, async () => {
      await this.start();
      return true;
    });
  }

  /** Ends its process as `kill -9` does, also one that is still starting. */
  kill(): void {
    this.#isKilled = true;
    const last = this.identities.at(-1);
    if (last !== undefined && isRunning(last)) process.kill(last.pid, 'SIGKILL');
  }

  /** Stops its process (SIGSTOP), or lets it go on (SIGCONT). */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const last = this.identities.at(-1);
    if (last !== undefined && isRunning(last)) process.kill(last.pid, signal);
  }

  /** Ends its process as `kill -9` does and keeps it away, until `start`. */
  async away(): Promise<void> {
    this.#wanted = false;
    this.kill();
    await this.#loop;
  }

  /** Asks it to end, as at a planned stop. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.signal('SIGCONT');
    await this.#process?.stop();
    await this.#loop;
  }

  /** Waits until a process other than `before` is ready. */
  async upAgain(before: number | undefined): Promise<void> {
    await until(`${this.name} is up again`, UP_WITHIN_MS, () => {
      const pid = this.#process?.pid;
      return Promise.resolve(pid !== undefined && pid !== before ? true : undefined);
    });
  }

  async order(name: Order, text = ''): Promise<void> {
    await writeFile(join(this.orders, name), text);
  }

  async withdraw(name: Order): Promise<void> {
    await rm(join(this.orders, name), { force: true });
  }

  /** Whether it has stopped at a place that was ordered; asked once for each time. */
  async hasStopped(): Promise<boolean> {
    const stopped = join(this.orders, 'stopped');
    if (!existsSync(stopped)) return false;
    await rm(stopped, { force: true });
    return true;
  }

  /** How often it has died at a place that was ordered. */
  get crashes(): number {
    return this.#crashes;
  }

  async #keep(first: NodeProcess): Promise<void> {
    let running: NodeProcess | undefined = first;
    for (;;) {
      if (running !== undefined) {
        await running.ended;
        this.#guardian.release(running.pid);
        await this.#ended();
      }
      this.#process = undefined;
      if (!this.#isWanted()) return;
      running = await this.#launch().catch(() => undefined);
      if (running === undefined) await pause(AGAIN_MS);
      else if (this.#isWanted()) this.#process = running;
      else await running.stop();
    }
  }

  #isWanted(): boolean {
    return this.#wanted;
  }

  async #ended(): Promise<void> {
    const crashed = join(this.orders, 'crashed');
    const hasCrashed = existsSync(crashed);
    if (hasCrashed) this.#crashes += 1;
    await rm(crashed, { force: true });
    const isExpected = this.#isKilled || hasCrashed || !this.#wanted;
    this.#isKilled = false;
    if (isExpected) return;
    const log = await readFile(this.spec.logFile, 'utf8').catch(() => '');
    this.surprises.push(`${this.name} ended by itself: ${log.slice(-TAIL)}`);
  }

  async #launch(): Promise<NodeProcess> {
    this.#isKilled = false;
    return await startNodeProcess(this.spec, (pid) => {
      const identity = identify(pid);
      if (identity !== undefined) this.identities.push(identity);
      this.#guardian.watch(pid, this.name);
      this.#started?.(pid);
    });
  }
}
