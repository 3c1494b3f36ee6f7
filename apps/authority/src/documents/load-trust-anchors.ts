import type { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { HubError } from '#errors';
import { readTrustAnchors } from '#signed-uploads';

const EXTENSIONS: ReadonlySet<string> = new Set(['.pem', '.crt']);

/**
 * The authorities of a folder's PEM files, to which signers of documents are traced back. A file that is none stops the
 * start: a list that is read by halves would call good signers untrusted.
 * @param folder null for none
 * @throws HubError `TRUST_ANCHOR_UNREADABLE`
 */
export async function loadTrustAnchors(folder: string | null): Promise<readonly X509Certificate[]> {
  if (folder === null) return [];
  const files = (await tried(`${folder} cannot be read`, () => readdir(folder))).filter((name) =>
    EXTENSIONS.has(extname(name)),
  );
  if (files.length === 0)
    throw new HubError('TRUST_ANCHOR_UNREADABLE', `${folder} holds no .pem or .crt file`);
  const anchors = await Promise.all(
    files.map(async (name) => {
      const path = join(folder, name);
      return readTrustAnchors(await tried(`${path} cannot be read`, () => readFile(path, 'utf8')), path);
    }),
  );
  return anchors.flat();
}

async function tried<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new HubError('TRUST_ANCHOR_UNREADABLE', what, { cause });
  }
}
