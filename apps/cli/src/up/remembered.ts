import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const values = z.record(z.string(), z.union([z.string(), z.number()]));

/** Small values by name that a restart wants back; none when there is no such file. */
export async function readRemembered(path: string): Promise<Readonly<Record<string, string | number>>> {
  try {
    return values.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return {};
  }
}

/** Writes them, mode 0600. */
export async function remember(path: string, what: Readonly<Record<string, string | number>>): Promise<void> {
  await writeFile(`${path}.part`, `${JSON.stringify(what, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
}
