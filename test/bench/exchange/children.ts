/** Processes of the bench itself: what files, and the baselines. They end when whoever started them is gone. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Watched } from './processes.ts';

const READY_WITHIN_MS = 150_000;
const STOP_WITHIN_MS = 10_000;

/** What a child says. */
export interface Said {
  readonly kind: 'ready' | 'filed' | 'ended' | 'received' | 'measured';
  readonly count?: number;
  readonly values?: unknown;
}

export class BenchChild {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly name: string;
  readonly #heard: ((said: Said) => void)[] = [];

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#process = child;
    this.#ended = once(child, 'exit');
    child.on('message', (said: Said) => {
      for (const hear of [...this.#heard]) hear(said);
    });
  }

  /**
   * Forks a module of the bench and waits until it says that it is ready.
   * @param module relative to this folder, as compiled
   */
  static async start(
    name: string,
    module: string,
    env: Readonly<Record<string, string | undefined>>,
    argument: unknown = null,
    execArgv: readonly string[] = [],
  ): Promise<BenchChild> {
    const path = fileURLToPath(new URL(module, import.meta.url));
    const started = fork(path, [JSON.stringify(argument)], {
      env: { ...env, NODE_ENV: 'production', npm_lifecycle_event: undefined },
      execArgv: [...execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const child = new BenchChild(name, started);
    const ready = new Promise<'ready'>((resolve) => {
      child.hear((said) => {
        if (said.kind === 'ready') resolve('ready');
      });
    });
    const late = new Promise<'late'>((resolve) => {
      setTimeout(resolve, READY_WITHIN_MS, 'late').unref();
    });
    const outcome = await Promise.race([ready, late, child.#ended.then(() => 'ended' as const)]);
    if (outcome === 'ready') return child;
    await child.stop();
    throw new Error(
      `${name} of the bench ${outcome === 'late' ? 'was not ready in time' : 'ended at its start'}`,
    );
  }

  get watched(): Watched {
    return { name: this.name, pid: this.#process.pid ?? 0, withChildren: false };
  }

  get alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Listens to what the child says; the function answered ends it. */
  hear(listener: (said: Said) => void): () => void {
    this.#heard.push(listener);
    return () => {
      this.#heard.splice(this.#heard.indexOf(listener), 1);
    };
  }

  tell(message: object): void {
    if (this.#process.connected) this.#process.send(message);
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    if (this.#process.connected) this.#process.disconnect();
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.#ended;
    clearTimeout(killer);
  }
}

/** In a child: what it was given. */
export function given(): unknown {
  return JSON.parse(process.argv[2] ?? 'null');
}

/** In a child: ends it, after `close`, when the bench lets it go or is gone. */
export function untilReleased(close: () => Promise<void>): void {
  process.once('disconnect', () => {
    void close().finally(() => process.exit(0));
  });
  // Ctrl-C reaches the whole group of the terminal: the bench itself is told, and lets its children go.
  process.on('SIGINT', () => undefined);
}

/** In a child: says something to the bench. */
export function say(said: Said): void {
  if (process.connected) process.send?.(said);
}
