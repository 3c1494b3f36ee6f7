/** What a process of the network holds, as Linux counts it. */
import { readFile } from 'node:fs/promises';

const KIB = 1024;

/** Watches processes whose number may change: a node that was killed is started again under another one. */
export class Watched {
  readonly #pidOf: () => Promise<number>;
  #peak = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pidOf: () => Promise<number>) {
    this.#pidOf = pidOf;
  }

  /** Begins to look for the largest resident size, every so many milliseconds. */
  start(everyMs = 100): void {
    this.#peak = 0;
    this.#timer = setInterval(() => void this.#look(), everyMs);
  }

  /** The largest resident size since `start`, bytes. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await this.#look();
    return this.#peak;
  }

  async #look(): Promise<void> {
    const resident = await residentBytes(await this.#pidOf()).catch(() => 0);
    this.#peak = Math.max(this.#peak, resident);
  }
}

/** Resident set size now, bytes. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * KIB;
}
