import { archivePath, registryPath } from '#audit';
import { HubError } from '#errors';
import type { UnitOfWork } from '#persistence';
import { TILE_WIDTH } from '#tlog';
import { packedBundles } from '../archive/pack-archive.ts';
import type { ReadPacks } from '../archive/read-packs.ts';
import type { ReadRegistryEntries } from '../served/read-registry-entries.ts';
import { diskError } from './disk.ts';
import type { LogFile, LogFolder } from './log-folder.ts';

/** Files of one step, at most: what is looked at again when it ends in the middle. */
const STEP_FILES = 16;

export interface PublishArchiveParts {
  readonly work: UnitOfWork;
  readonly packs: Pick<ReadPacks, 'run'>;
  readonly registry: Pick<ReadRegistryEntries, 'run'>;
}

/**
 * Puts what stands beside the tiles into a folder: packs of full bundles, once they are packed for good, and the registry's
 * chain. Both grow at their end only, each file is durable before the next has its name: so how far the folder is, it says
 * itself.
 */
export class PublishArchive {
  readonly #parts: PublishArchiveParts;
  readonly #folder: LogFolder;
  /** How many of each are there; null while nobody has looked. */
  #packs: number | null = null;
  #entries: number | null = null;

  constructor(folder: LogFolder, parts: PublishArchiveParts) {
    this.#folder = folder;
    this.#parts = parts;
  }

  /**
   * @returns true if there is more to be done
   * @throws HubError `DISK_FULL`, `LOG_FILES_UNWRITABLE`, `LOG_STATE_DAMAGED`
   */
  async step(): Promise<boolean> {
    try {
      const packs = await this.#stepPacks();
      const entries = await this.#stepEntries();
      return packs || entries;
    } catch (error) {
      this.#packs = null;
      this.#entries = null;
      throw diskError(error, this.#folder.root);
    }
  }

  async #stepPacks(): Promise<boolean> {
    const { work, packs } = this.#parts;
    const there = (this.#packs ??= await this.#count((n) => archivePath({ index: n, width: TILE_WIDTH })));
    const end = Math.min(await work.run(packedBundles), there + STEP_FILES);
    await this.#put(there, end, async (index) => {
      const bundle = { index, width: TILE_WIDTH };
      return { path: archivePath(bundle), bytes: (await packs.run(bundle)).bytes };
    });
    this.#packs = Math.max(there, end);
    return end - there === STEP_FILES;
  }

  async #stepEntries(): Promise<boolean> {
    const there = (this.#entries ??= await this.#count((n) => registryPath(n + 1)));
    let end = there;
    await this.#put(there, there + STEP_FILES, async (n) => {
      const bytes = await this.#entry(n + 1);
      if (bytes === undefined) return undefined;
      end = n + 1;
      return { path: registryPath(n + 1), bytes };
    });
    this.#entries = end;
    return end - there === STEP_FILES;
  }

  /** Undefined if the copy of the registry ends before. */
  async #entry(number: number): Promise<Buffer | undefined> {
    try {
      return await this.#parts.registry.run(number);
    } catch (error) {
      if (error instanceof HubError && error.code === 'LOG_TILE_MISSING') return undefined;
      throw error;
    }
  }

  /** Writes the files from `from` on, until `to` or the first that there is not. */
  async #put(from: number, to: number, fileOf: (n: number) => Promise<LogFile | undefined>): Promise<void> {
    async function* files(): AsyncGenerator<LogFile> {
      for (let n = from; n < to; n += 1) {
        const file = await fileOf(n);
        if (file === undefined) return;
        yield file;
      }
    }
    await this.#folder.put(files());
  }

  /** How many files of a row are in the folder: doubled until one is not there, then halved. */
  async #count(pathOf: (n: number) => string): Promise<number> {
    const has = async (n: number): Promise<boolean> => (await this.#folder.read(pathOf(n))) !== undefined;
    let [low, high] = [0, 1];
    while (await has(high - 1)) [low, high] = [high, high * 2];
    // All below `low` are there, and number `high - 1` is not.
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await has(middle - 1)) low = middle;
      else high = middle;
    }
    return low;
  }
}
