import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { inProject } from '#embedded';
import { HubError } from '#errors';

/** How long a node may take to be ready, and to stop, milliseconds. */
const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 10_000;
/** How much of a log's end goes into an error, characters. */
const TAIL = 1_500;

type App = 'registry' | 'router' | 'auditor' | 'authority';

/** The main file of a deployable, as it was built. */
export function mainOf(app: App): string {
  return inProject(join('dist', 'apps', app, 'src', 'main.js'));
}

export interface NodeSpec {
  readonly name: string;
  /** What Node runs. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const readyMessage = z.union([
  z.object({ ready: z.literal(true), url: z.string(), peerUrl: z.string().optional() }),
  z.object({ ready: z.literal(false), code: z.string(), message: z.string() }),
]);

/** A node's process that is in service. */
export interface NodeProcess {
  readonly pid: number;
  readonly url: string;
  /** Where it serves the other nodes, if it does. */
  readonly peerUrl: string | undefined;
  /** Resolves when it ends, however it does. */
  readonly ended: Promise<void>;
  /** Asks it to end, and ends it if it does not within ten seconds. */
  stop(): Promise<void>;
}

/**
 * Starts a node and waits until it says that it is ready. It is in a session of its own, so that Ctrl-C reaches only
 * this process; it ends by itself when this process is gone.
 * @param spawned told the pid as soon as there is one
 * @throws HubError `NODE_START_FAILED` with the log's path and its end
 */
export async function startNodeProcess(spec: NodeSpec, spawned: (pid: number) => void): Promise<NodeProcess> {
  const log = openSync(spec.logFile, 'a', 0o600);
  const child = fork(spec.main, [], {
    env: { ...spec.env },
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
    execArgv: [],
  });
  closeSync(log);
  const ended = once(child, 'exit').then(() => undefined);
  if (child.pid !== undefined) spawned(child.pid);
  try {
    const { url, peerUrl } = await untilReady(child, ended, spec);
    const stop = async (): Promise<void> => {
      await end(child, ended);
    };
    return { pid: child.pid ?? 0, url, peerUrl, ended, stop };
  } catch (error) {
    await end(child, ended);
    throw error;
  }
}

async function untilReady(
  child: ChildProcess,
  ended: Promise<void>,
  spec: NodeSpec,
): Promise<{ readonly url: string; readonly peerUrl: string | undefined }> {
  const done = new AbortController();
  const tooLate = pause(READY_WITHIN_MS, 'late' as const, { signal: done.signal, ref: false });
  // Whoever loses the race may still fail; nobody is waiting then.
  tooLate.catch(() => undefined);
  const message = once(child, 'message', { signal: done.signal }).then(([first]: unknown[]) => first);
  message.catch(() => undefined);
  try {
    const outcome = await Promise.race([message, ended.then(() => 'ended' as const), tooLate]);
    if (outcome === 'late') throw await failure(spec, `was not ready after ${READY_WITHIN_MS / 1000} s`);
    const said = readyMessage.safeParse(outcome).data;
    if (said === undefined) throw await failure(spec, 'ended while it was starting');
    if (said.ready) return { url: said.url, peerUrl: said.peerUrl };
    throw await failure(spec, `did not start: ${said.message}`);
  } finally {
    done.abort();
  }
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(killer);
}

async function failure({ name, logFile }: NodeSpec, what: string): Promise<HubError> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  return new HubError('NODE_START_FAILED', `${name} ${what}\nits log is ${logFile}`, {
    details: { node: name, logFile, tail: log.slice(-TAIL) },
  });
}
