import { open } from 'node:fs/promises';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Whether a system's code says that there is no room. */
export function isDiskFull(code: string): boolean {
  return FULL.has(code);
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
