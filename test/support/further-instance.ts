/** A further instance of a running node: its certificates, database and configuration, with ports of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT } from './command-line.ts';
import type { RunningNode } from './network.ts';

type App = 'router' | 'authority' | 'auditor';

export class FurtherInstance implements Pick<RunningNode, 'url' | 'token' | 'pid'> {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, token: string) {
    this.#child = child;
    this.url = url;
    this.token = token;
    this.pid = child.pid ?? 0;
  }

  /** Starts it, and waits until it is in service. */
  static async of(first: RunningNode, app: App): Promise<FurtherInstance> {
    const env = { ...(await environmentOf(first.pid)), HTTP_PORT: '0', PEER_PORT: '0' };
    const child = fork(join(PROJECT, `dist/apps/${app}/src/main.js`), [], {
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    let errors = '';
    child.stderr?.on('data', (bytes: Buffer) => (errors += bytes.toString()));
    const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [
      { readonly ready?: boolean; readonly url?: string } | number | null,
    ];
    if (typeof said === 'object' && said?.ready === true && said.url !== undefined)
      return new FurtherInstance(child, said.url, first.token);
    child.kill('SIGKILL');
    throw new Error(`a further instance of ${first.name} did not start\n${errors}`);
  }

  /** `kill -9`, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** What a process was started with, as Linux keeps it. */
async function environmentOf(pid: number): Promise<Record<string, string>> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8');
  return Object.fromEntries(
    text
      .split('\0')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
