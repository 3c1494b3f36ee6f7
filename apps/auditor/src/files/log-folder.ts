import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Disk } from './disk.ts';

/** A file of the log by its path under the prefix (`tile/0/000`). */
export interface LogFile {
  readonly path: string;
  readonly bytes: Buffer;
}

const CHECKPOINT = 'checkpoint';
/** Where files are written before they have their names: on the same file system, and nobody's to read. */
const UNNAMED = '.unnamed';

/** A folder that holds a log as files. A file is there whole or not at all, and stays what it is. */
export class LogFolder {
  readonly root: string;
  readonly #disk: Disk;

  constructor(root: string, disk: Disk) {
    this.root = root;
    this.#disk = disk;
  }

  /** Clears away what a process that died was writing. Once: another one may write here, too. */
  async clear(): Promise<void> {
    await this.#disk.remove(join(this.root, UNNAMED));
  }

  /** Undefined if it is not there. */
  read(path: string): Promise<Buffer | undefined> {
    return this.#disk.read(join(this.root, path));
  }

  /** The note that the files are complete for; undefined while there is none. */
  checkpoint(): Promise<Buffer | undefined> {
    return this.read(CHECKPOINT);
  }

  /** Writes files. When it is done they survive a power cut; until then, some may be there. */
  async put(files: AsyncIterable<LogFile> | Iterable<LogFile>): Promise<void> {
    const touched = new Set<string>();
    for await (const { path, bytes } of files) {
      for (let folder = dirname(path); !touched.has(folder); folder = dirname(folder)) touched.add(folder);
      await this.#disk.makeFolder(join(this.root, dirname(path)));
      await this.#putOne(path, bytes);
    }
    for (const folder of touched) await this.#disk.syncFolder(join(this.root, folder));
  }

  /** Says that the log is there up to this note. To be done last. */
  async putCheckpoint(note: Buffer): Promise<void> {
    await this.#putOne(CHECKPOINT, note);
    await this.#disk.syncFolder(this.root);
  }

  /** Removes the partial forms of files that are there in full. */
  async removePartials(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.#disk.remove(join(this.root, `${path}.p`));
  }

  async #putOne(path: string, bytes: Buffer): Promise<void> {
    const unnamed = join(this.root, UNNAMED, randomUUID());
    try {
      await this.#disk.makeFolder(dirname(unnamed));
      await this.#disk.write(unnamed, bytes);
      await this.#disk.rename(unnamed, join(this.root, path));
    } catch (error) {
      // What there was no room for takes none.
      await this.#disk.remove(unnamed).catch(() => undefined);
      throw error;
    }
  }
}
