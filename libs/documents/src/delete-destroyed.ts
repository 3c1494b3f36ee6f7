import { open, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import { HubError, systemCode } from '#errors';

import { readClearHeader } from './chunk-file.ts';
import { ifThere, namesIn, onDisk } from './disk.ts';
import type { KeyedPractice, PracticeKeys } from './keys/practice-keys.ts';
import type { StorePaths } from './store-paths.ts';

/** What is said of a file that is no document any more, or is sealed with a key that nobody has. */
const NO_KEY_OPENS: ReadonlySet<string> = new Set([
  'DOCUMENT_CORRUPT',
  'DOCUMENT_DESTROYED',
  'DOCUMENT_KEY_MISSING',
]);

/** @returns how many files went; those that a key of the practice opens stay */
export async function deleteDestroyed(
  paths: StorePaths,
  keys: PracticeKeys | undefined,
  practice: KeyedPractice,
): Promise<number> {
  const folder = paths.folder(practice);
  const arriving = `${practice.owner.toLowerCase()}~${practice.practice}~`;
  const partials = (await namesIn(paths.partials)).filter((name) => name.startsWith(arriving));
  const files = [
    ...(await namesIn(folder)).map((name) => join(folder, name)),
    ...partials.map((name) => join(paths.partials, name)),
  ];
  let deleted = 0;
  for (const file of files) {
    if (keys !== undefined && (await isOpenedBy(keys, practice, file))) continue;
    await onDisk('delete the documents of a practice', () => rm(file, { force: true }));
    deleted += 1;
  }
  await removeEmpty(folder);
  return deleted;
}

/** What is in the clear (a copy of the store from before it was sealed) no key opens. */
async function isOpenedBy(keys: PracticeKeys, practice: KeyedPractice, file: string): Promise<boolean> {
  const handle = await ifThere('open a document', () => open(file, 'r'));
  if (handle === undefined) return false;
  try {
    const { sealed } = await readClearHeader(handle);
    if (sealed === null) return false;
    await keys.opening(practice, sealed.keyId);
    return true;
  } catch (error) {
    if (error instanceof HubError && NO_KEY_OPENS.has(error.code)) return false;
    throw error;
  } finally {
    await handle.close();
  }
}

async function removeEmpty(folder: string): Promise<void> {
  await ifThere('remove a folder', async () => {
    try {
      await rmdir(folder);
    } catch (error) {
      if (systemCode(error) !== 'ENOTEMPTY') throw error;
    }
  });
}
