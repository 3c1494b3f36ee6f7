import { readFile, writeFile } from 'node:fs/promises';

/** Small values that a restart in the same place wants back (ports, a password), in one JSON file of mode 0600. */
export async function remembered<T extends object>(file: string): Promise<Partial<T>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Partial<T>;
  } catch {
    return {};
  }
}

export async function remember(file: string, values: object): Promise<void> {
  await writeFile(file, JSON.stringify(values), { mode: 0o600 });
}
