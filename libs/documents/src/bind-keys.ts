import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { HubError } from '#errors';

import { ifThere, makeFolder, onDisk } from './disk.ts';

/**
 * Notes, the first time, with which keys a store is sealed, and refuses others from then on.
 *
 * @param identity name of the keys
 * @throws HubError `DOCUMENT_KEYS_ELSEWHERE`, `DISK_FULL`, `DOCUMENT_STORE_FAILED`
 */
export async function bindKeys(path: string, identity: string): Promise<void> {
  const bound = (await ifThere('read the name of the keys', () => readFile(path, 'utf8')))?.trim();
  if (bound === identity) return;
  if (bound !== undefined && bound !== '') {
    const message = `the store is sealed with the keys ${bound}, and those given are ${identity}`;
    throw new HubError('DOCUMENT_KEYS_ELSEWHERE', message, { details: { bound, given: identity } });
  }
  await onDisk('note the name of the keys', async () => {
    await makeFolder(dirname(path));
    await writeFile(path, `${identity}\n`, { mode: 0o600 });
  });
}
