import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '#errors';

import { ifThere, makeFolder, onDisk } from './disk.ts';
import { tornName } from './store-paths.ts';

/** A folder of another machine is abandoned when nothing in it was written for so long: one day, in milliseconds. */
const FOREIGN_SILENCE_MS = 86_400_000;
/** What arrived of a document is given up after so long without a byte: 14 days, in milliseconds. */
const PARTIAL_SILENCE_MS = 14 * FOREIGN_SILENCE_MS;
/** Files of `put` in a writing folder; all others are documents that are arriving. */
const PUT_PREFIX = 'put~';
const FETCH_PREFIX = 'fetch~';

/** What {@link sweep} found. */
export interface SweepReport {
  /** Files deleted that a process left behind. */
  readonly deleted: number;
  /** Half-arrived documents kept for resuming. */
  readonly rescued: number;
}

/**
 * Each process writes in a folder of its own, `<machine>~<pid>~<start>`, so that what a killed process left can be
 * told from what a living one is writing, without locks.
 */
function ownFolderName(): string {
  const machine = hostname().replace(/[^A-Za-z0-9.-]/g, '-') || 'machine';
  return [machine, process.pid, Math.floor(performance.timeOrigin)].join('~');
}

/** Where this process writes, made if need be. */
export async function ownFolder(writing: string): Promise<string> {
  const path = join(writing, ownFolderName());
  await onDisk('make a folder', () => makeFolder(path));
  return path;
}

/** A name for a new document; `unique` is random. */
export function putName(unique: string): string {
  return PUT_PREFIX + unique;
}

/** A name for an arriving document while this process has it; `partial` is its name in the folder of partials. */
export function fetchName(partial: string, unique: string): string {
  return `${FETCH_PREFIX}${partial}~${unique}`;
}

/**
 * Deletes what killed processes were writing, puts their half-arrived documents back for resuming, and forgets those
 * that nobody went on with for 14 days.
 *
 * @throws HubError `DOCUMENT_STORE_FAILED`
 */
export async function sweep(writing: string, partials: string, now: Date): Promise<SweepReport> {
  return onDisk('sweep abandoned files', async () => {
    await makeFolder(partials);
    await makeFolder(writing);
    let deleted = 0;
    let rescued = 0;
    for (const folder of await readdir(writing)) {
      const path = join(writing, folder);
      if (!(await isAbandoned(folder, path, now))) continue;
      for (const file of await readdir(path)) {
        if (await rescue(join(path, file), file, partials)) rescued += 1;
        else deleted += 1;
      }
      await rm(path, { recursive: true, force: true });
    }
    deleted += await forgetOld(partials, now);
    return { deleted, rescued };
  });
}

async function rescue(path: string, file: string, partials: string): Promise<boolean> {
  // A second link means that it had arrived: only this name was not removed yet.
  if (!file.startsWith(FETCH_PREFIX) || (await stat(path)).nlink > 1) return false;
  const partial = file.slice(FETCH_PREFIX.length, file.lastIndexOf('~'));
  await rename(path, join(partials, tornName(partial)));
  return true;
}

async function forgetOld(partials: string, now: Date): Promise<number> {
  let deleted = 0;
  for (const file of await readdir(partials)) {
    const path = join(partials, file);
    const found = await ifThere('look at a file', () => stat(path));
    if (found === undefined || now.getTime() - found.mtimeMs < PARTIAL_SILENCE_MS) continue;
    await rm(path, { force: true });
    deleted += 1;
  }
  return deleted;
}

async function isAbandoned(folder: string, path: string, now: Date): Promise<boolean> {
  const own = ownFolderName();
  if (folder === own) return false;
  const [machine, pid] = folder.split('~');
  const [thisMachine, thisPid] = own.split('~');
  if (machine !== thisMachine) return isSilent(path, now);
  // The same number as ours, but not our start: that process is gone (a container's first process is always 1).
  return pid === thisPid || !isAlive(Number(pid)) || (await isSilent(path, now));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

async function isSilent(path: string, now: Date): Promise<boolean> {
  const paths = [path, ...(await readdir(path)).map((file) => join(path, file))];
  for (const each of paths) {
    const found = await ifThere('look at a file', () => stat(each));
    if (found !== undefined && now.getTime() - found.mtimeMs < FOREIGN_SILENCE_MS) return false;
  }
  return true;
}
