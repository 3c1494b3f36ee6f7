import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a file is to have, at once or piece by piece. */
type Content = Buffer | string | AsyncIterable<Buffer> | Iterable<Buffer>;

/**
 * Writes a file whole, in place of what has its name: a reader finds the one before, or this one.
 * @param mode of the file; that of the process when absent
 * @throws the system's errors
 */
export async function writeWhole(path: string, content: Content, mode = 0o666): Promise<void> {
  const part = `${path}.part`;
  const file = await open(part, 'w', mode);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

/** The same, and whoever looks after a power cut finds this one. For the owner alone. @throws the system's errors */
export async function keepWhole(path: string, content: Content): Promise<void> {
  await writeWhole(path, content, 0o600);
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}
