import { setTimeout as pause } from 'node:timers/promises';
import type { Guardian } from '#embedded';
import { startNodeProcess, type NodeProcess, type NodeSpec } from './node-process.ts';

/** A node that ends by itself is started again after this long, doubled each time it ends soon; milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** A node that was up for this long starts over with the first pause. */
const STEADY_MS = 60_000;

export interface Keeping {
  readonly guardian: Guardian;
  /** Called when the node runs again, as another process. */
  readonly onRestart: (node: KeptNode) => void;
}

/** A node that is kept in service: when its process ends, it is started again in the same place. */
export class KeptNode {
  readonly #keeping: Keeping;
  readonly #stopping = new AbortController();
  #process: NodeProcess;
  #kept: Promise<void>;

  private constructor(
    readonly spec: NodeSpec,
    keeping: Keeping,
    first: NodeProcess,
  ) {
    this.#keeping = keeping;
    this.#process = first;
    this.#kept = this.#keep();
  }

  /** @throws HubError `NODE_START_FAILED` */
  static async start(spec: NodeSpec, keeping: Keeping): Promise<KeptNode> {
    return new KeptNode(spec, keeping, await launch(spec, keeping.guardian));
  }

  get pid(): number {
    return this.#process.pid;
  }

  get url(): string {
    return this.#process.url;
  }

  get peerUrl(): string | undefined {
    return this.#process.peerUrl;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#process.stop();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    let wait = FIRST_PAUSE_MS;
    for (;;) {
      const since = Date.now();
      await this.#process.ended;
      this.#keeping.guardian.release(this.#process.pid);
      if (this.#isStopping()) return;
      wait = Date.now() - since > STEADY_MS ? FIRST_PAUSE_MS : wait;
      const next = await this.#again(wait);
      if (next === undefined) return;
      this.#process = next;
      this.#keeping.onRestart(this);
      wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** The node's next process; undefined when it is not wanted any more. */
  async #again(firstWait: number): Promise<NodeProcess | undefined> {
    for (let wait = firstWait; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      await pause(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#isStopping()) return undefined;
      // What went wrong is in the node's own log; it is tried again as long as the network runs.
      const next = await launch(this.spec, this.#keeping.guardian).catch(() => undefined);
      if (next === undefined) continue;
      if (!this.#isStopping()) return next;
      await next.stop();
      return undefined;
    }
  }
}

async function launch(spec: NodeSpec, guardian: Guardian): Promise<NodeProcess> {
  let pid: number | undefined;
  try {
    return await startNodeProcess(spec, (started) => {
      pid = started;
      guardian.watch(started, spec.name);
    });
  } catch (error) {
    if (pid !== undefined) guardian.release(pid);
    throw error;
  }
}
