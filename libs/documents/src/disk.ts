import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { HubError } from '#errors';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** The system's code of an error (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

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
    if (FULL.has(reason)) throw new HubError('DISK_FULL', `no room to ${what}`, { cause });
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

/** Makes the names in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder and those above it, all of them durable. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}
