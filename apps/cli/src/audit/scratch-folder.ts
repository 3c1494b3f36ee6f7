import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of this run's own, for what memory does not hold. */
export async function scratchFolder(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'reset-hub-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
