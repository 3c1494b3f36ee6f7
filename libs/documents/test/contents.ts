/** A document's key, contents, and patience, for the specs of this room. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parseDocumentId, parseIpaCode, parsePracticeId } from '#contracts';
import { FileKeyStore, FileMasterKey, newMasterKey, type DocumentKey } from '#documents';

export const KEY: DocumentKey = {
  owner: parseIpaCode('c_d150'),
  practice: parsePracticeId('0197f3a2-0000-7000-8000-00000000000a'),
  document: parseDocumentId('0197f3a2-0000-7000-8000-000000000001'),
};

/** `size` bytes that differ everywhere, made as they are asked for. */
export async function* generated(size: number, piece = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += piece) {
    const bytes = Buffer.alloc(Math.min(piece, size - at), `${at} bytes came before. `);
    yield await Promise.resolve(bytes);
  }
}

/** Polls until `condition` holds; fails after `seconds`. */
export async function until(condition: () => boolean, what: string, seconds = 10): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`did not happen within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Keys for a store of the folder: each call gives them as another process would see them. */
export async function keysIn(folder: string): Promise<FileKeyStore> {
  const master = join(folder, 'master.key');
  await writeFile(master, newMasterKey(), { mode: 0o600, flag: 'wx' }).catch(() => undefined);
  return new FileKeyStore({ root: join(folder, 'keys'), master: new FileMasterKey(master) });
}
