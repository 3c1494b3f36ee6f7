import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReadLogFile } from '#tlog';
import { registryPath } from '../copy/copy-paths.ts';
import { writeWhole } from '../disk/whole-file.ts';
import { CopyRegistry } from '../trust/copy-registry.ts';

/** The registry's chain as a monitor follows it: each entry is fetched once, and kept. */
export class KeptRegistry {
  readonly #read: ReadLogFile;
  readonly #root: string | null;
  #registry: CopyRegistry | null = null;

  /** @param folder the monitor's own */
  constructor(served: ReadLogFile, folder: string, root: string | null) {
    this.#root = root;
    this.#read = async (path) => {
      const place = join(folder, path);
      const kept = await readFile(place).catch(() => undefined);
      if (kept !== undefined) return kept;
      const bytes = await served(path);
      if (bytes === undefined) return undefined;
      await mkdir(dirname(place), { recursive: true });
      await writeWhole(place, bytes);
      return bytes;
    };
  }

  /**
   * The chain up to its newest entry, verified under its root; null if the log serves none. What a leaf names is in it if the
   * checkpoint was read before.
   * @throws HubError as `CopyRegistry.read`
   */
  async newest(): Promise<CopyRegistry | null> {
    const size = this.#registry?.size ?? 0;
    if (this.#registry !== null && (await this.#read(registryPath(size + 1))) === undefined)
      return this.#registry;
    this.#registry = await CopyRegistry.read(this.#read, this.#root);
    return this.#registry;
  }
}
