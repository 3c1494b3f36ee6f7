/** Where specs write their files. */
import { statfsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../../errors/src/index.ts';

const IN_MEMORY = '/dev/shm';
/** Less is a container's default of 64 MB, or a small machine, where two copies of a document of 2 GB leave none: bytes. */
const ROOM = 8 * 2 ** 30;
const PREFIX = 'reset-hub-test-';

/**
 * The folder of temporary files of this run, for `TMPDIR`. In memory where there is room: stores and logs sync every file
 * and folder that they write, three milliseconds each, and what becomes of them when the power goes is tested with disks
 * that say so.
 */
export const SCRATCH = hasRoom() ? join(IN_MEMORY, `${PREFIX}${process.pid}`) : tmpdir();

/** True where that folder is in memory. */
export const isInMemory = SCRATCH.startsWith(IN_MEMORY);

/** Makes it for the run, and removes it with everything that specs have left; before, what killed runs have left. */
export default async function setup(): Promise<() => Promise<void>> {
  if (!isInMemory) return () => Promise.resolve();
  const left = (await readdir(IN_MEMORY)).filter((name) => name.startsWith(PREFIX) && !isRun(name));
  await Promise.all(left.map((name) => rm(join(IN_MEMORY, name), { recursive: true, force: true })));
  await mkdir(SCRATCH, { recursive: true });
  return () => rm(SCRATCH, { recursive: true, force: true });
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize > ROOM;
  } catch {
    return false;
  }
}

/** True while the run goes on that made this folder. */
function isRun(name: string): boolean {
  try {
    return process.kill(Number(name.slice(PREFIX.length)), 0);
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
