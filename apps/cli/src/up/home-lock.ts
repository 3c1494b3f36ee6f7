import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { HubError, systemCode } from '#errors';
import { placesIn } from '../network/home.ts';
import { identify, isRunning, type ProcessIdentity } from '../network/process-identity.ts';

/** What a killed network left behind is ended by its guardian within this time, milliseconds. */
const GUARDIAN_WITHIN_MS = 15_000;
const LOOK_MS = 100;

const identity = z.object({ pid: z.int(), started: z.string() });
const lockFile = z.object({ up: identity, guardian: identity.optional() });

/** This process's hold on a network's folder. */
export interface HomeLock {
  readonly self: ProcessIdentity;
  /** Names the guardian: whoever finds the lock of a killed process waits until it has cleaned up. */
  guardedBy(pid: number): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the folder for this process. The lock of a process that is gone is taken over, once its guardian has ended what
 * it left behind.
 * @throws HubError `UP_ALREADY_RUNNING` with the pid
 */
export async function lockHome(home: string): Promise<HomeLock> {
  const path = placesIn(home).lock;
  const self = identify(process.pid) ?? { pid: process.pid, started: '' };
  const write = async (content: z.output<typeof lockFile>, flag: 'w' | 'wx'): Promise<void> => {
    await writeFile(path, JSON.stringify(content), { mode: 0o600, flag });
  };
  while (!(await isNew(write({ up: self }, 'wx')))) await clearStale(home, path);
  return {
    self,
    guardedBy: async (pid) => {
      const guardian = identify(pid);
      await write(guardian === undefined ? { up: self } : { up: self, guardian }, 'w');
    },
    release: async () => {
      await rm(path, { force: true });
    },
  };
}

async function isNew(writing: Promise<void>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function clearStale(home: string, path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lock = readLock(text);
  if (lock !== undefined && isRunning(lock.up)) {
    throw new HubError('UP_ALREADY_RUNNING', `process ${lock.up.pid} runs the network in ${home}`, {
      details: { pid: lock.up.pid, home },
    });
  }
  const deadline = Date.now() + GUARDIAN_WITHIN_MS;
  while (lock?.guardian !== undefined && isRunning(lock.guardian) && Date.now() < deadline)
    await pause(LOOK_MS);
  await rm(path, { force: true });
}

function readLock(text: string): z.output<typeof lockFile> | undefined {
  try {
    return lockFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
