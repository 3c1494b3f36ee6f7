import { readFile } from 'node:fs/promises';
import { HubError } from '#errors';
import { resolvePath } from './home.ts';

/** A file that a person named. @throws HubError `FILE_UNREADABLE` */
export async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(resolvePath(path));
  } catch (cause) {
    throw new HubError('FILE_UNREADABLE', `${path} cannot be read`, { cause });
  }
}
