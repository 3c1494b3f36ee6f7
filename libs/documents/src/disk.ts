import { mkdir, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { HubError, systemCode } from '#errors';
import { isDiskFull, syncFolder } from '#platform';

/**
 * Runs an operation on the disk and gives its failure a code of ours.
 *
 * @throws HubError `DISK_FULL`, or `DOCUMENT_STORE_FAILED` for all else
 */
export async function onDisk<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    const reason = systemCode(cause) ?? 'unknown';
    if (isDiskFull(reason)) throw new HubError('DISK_FULL', `no room to ${what}`, { cause });
    throw new HubError('DOCUMENT_STORE_FAILED', `could not ${what}: ${reason}`, {
      cause,
      details: { reason },
    });
  }
}

/** As {@link onDisk}, but a missing file is `undefined`. */
export async function ifThere<T>(what: string, operation: () => Promise<T>): Promise<T | undefined> {
  return onDisk(what, async () => {
    try {
      return await operation();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}

/** The names in a folder; none if it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await ifThere('list a folder', () => readdir(folder))) ?? [];
}

/** Makes a folder and those above it, all of them durable. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}
