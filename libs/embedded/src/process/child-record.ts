import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HubError } from '#errors';
import { identify, isRunning, type ProcessIdentity } from './identity.ts';
import { terminate } from './terminate.ts';

interface ChildRecord {
  readonly child: ProcessIdentity;
  readonly parent: ProcessIdentity;
}

/** How long a process that an earlier network left behind has to end, in milliseconds. */
const LEFT_BEHIND_GRACE_MS = 8_000;

/**
 * Ends a process that an earlier network left behind in this place, as its record `file` names it.
 *
 * @throws HubError `HOME_IN_USE` when the network that started it still runs
 */
export async function clearLeftBehind(file: string, signal: NodeJS.Signals): Promise<void> {
  const record = await read(file);
  if (record === undefined) return;
  if (isRunning(record.child)) {
    if (isRunning(record.parent)) {
      throw new HubError(
        'HOME_IN_USE',
        `process ${String(record.parent.pid)} runs a network in ${dirname(file)}`,
      );
    }
    await terminate(record.child, signal, LEFT_BEHIND_GRACE_MS);
  }
  await rm(file, { force: true });
}

/** Notes that this process has started `child`, for a later start in the same place. */
export async function recordChild(file: string, child: ProcessIdentity): Promise<void> {
  const parent = identify(process.pid) ?? { pid: process.pid, started: '' };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ child, parent } satisfies ChildRecord), { mode: 0o600 });
}

async function read(file: string): Promise<ChildRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ChildRecord;
  } catch {
    return undefined;
  }
}
