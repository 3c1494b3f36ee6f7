import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The project's folder: tests run from it. */
export const PROJECT = process.cwd();
const MAIN = join(PROJECT, 'dist/apps/cli/src/main.js');

/** What a command did. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `reset-hub` as its own process, over the given home. */
export function spawnHub(home: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: PROJECT,
    env: { ...process.env, RESET_HUB_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end. */
export async function runHub(
  home: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const child = spawnHub(home, args, env);
  const [code, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ]);
  return { code, stdout, stderr };
}

/** Runs a command with `--json`, expects it to be done, and gives its one document. */
export async function hubJson<T>(home: string, args: readonly string[]): Promise<T> {
  const ran = await runHub(home, [...args, '--json']);
  if (ran.code !== 0)
    throw new Error(`${args.join(' ')} ended with ${ran.code}\n${ran.stdout}\n${ran.stderr}`);
  return JSON.parse(ran.stdout) as T;
}
