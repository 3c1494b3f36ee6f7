/** The baseline: Tessera's POSIX driver under the same load, where the machine has Go. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The sources; this file runs from where it was compiled to. */
const SOURCES = join(process.cwd(), 'test/bench/audit/tessera');

/** A program that is built once and run in a new folder for each round. */
export class Tessera {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  /** @returns null, with the reason told, where it cannot be built */
  static async build(tell: (what: string) => void): Promise<Tessera | null> {
    const home = await mkdtemp(join(tmpdir(), 'reset-hub-tessera-'));
    try {
      await run('go', ['build', '-o', join(home, 'tessera'), '.'], { cwd: SOURCES });
      return new Tessera(home);
    } catch (error) {
      await rm(home, { recursive: true, force: true });
      const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      tell(`Tessera is not measured: ${why}`);
      return null;
    }
  }

  /** @returns entries a second whose future was resolved: durable and in the tree, their checkpoint yet to come */
  async append(options: { seconds: number; inFlight: number; bytes: number }): Promise<number> {
    const dir = join(this.#home, 'log');
    const { stdout } = await run(join(this.#home, 'tessera'), [
      ...['-dir', dir, '-seconds', String(options.seconds)],
      ...['-flying', String(options.inFlight), '-bytes', String(options.bytes)],
    ]);
    await rm(dir, { recursive: true, force: true });
    const { entries, seconds } = JSON.parse(stdout) as { entries: number; seconds: number };
    return entries / seconds;
  }

  async close(): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }
}
