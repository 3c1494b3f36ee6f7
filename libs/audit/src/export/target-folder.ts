import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HubError, systemCode } from '#errors';
import { CHECKPOINT_PATH } from '../copy/copy-paths.ts';
import { readExportDescription, type ArchiveScope } from '../copy/export-description.ts';
import { folderCopy } from '../copy/folder-copy.ts';
import { writeWhole } from '../disk/whole-file.ts';

/** There while an export is under way: no part of the copy. */
const UNDERWAY = '.export-under-way.json';

/** What an export is of: two of them may not be mixed in one folder. */
interface ExportOf {
  readonly origin: string;
  readonly scope: ArchiveScope;
}

/** The folder that an export is written into. Each file has its name only when it is whole, and on the disk. */
export class TargetFolder {
  readonly #folder: string;
  readonly read;

  private constructor(folder: string) {
    this.#folder = folder;
    this.read = folderCopy(folder);
  }

  /**
   * A folder that is empty, or has an export of the same, finished or not.
   * @throws HubError `AUDIT_TARGET_UNSUITABLE`, `DISK_FULL`, `FILE_UNREADABLE`
   */
  static async open(folder: string, of: ExportOf): Promise<TargetFolder> {
    const target = new TargetFolder(folder);
    return await target.#guarded(async () => {
      await mkdir(folder, { recursive: true });
      const names = await readdir(folder);
      const found = await target.#foundIn(names);
      const same = canonical(of);
      if (names.length > 0 && found === undefined)
        throw unsuitable(`${folder} is not empty, and what is in it is no export`);
      if (found !== undefined && found !== same)
        throw unsuitable(`${folder} has an export of ${found}, not of ${same}`);
      await target.write(UNDERWAY, Buffer.from(JSON.stringify(of)));
      return target;
    });
  }

  /** The checkpoint of the export that was finished here last. */
  async checkpoint(): Promise<Buffer | undefined> {
    return await this.read(CHECKPOINT_PATH);
  }

  /** Writes a file whole, in place of what has its name. @throws HubError `DISK_FULL`, `FILE_UNREADABLE` */
  async write(path: string, bytes: Buffer): Promise<void> {
    const place = join(this.#folder, path);
    await this.#guarded(async () => {
      await mkdir(dirname(place), { recursive: true });
      await writeWhole(place, bytes);
    });
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.#folder, path), { force: true });
  }

  /** Everything is there. */
  async finish(): Promise<void> {
    await this.remove(UNDERWAY);
  }

  async #foundIn(names: readonly string[]): Promise<string | undefined> {
    if (names.includes(UNDERWAY)) {
      const text = await readFile(join(this.#folder, UNDERWAY), 'utf8');
      return canonical(JSON.parse(text) as ExportOf);
    }
    const description = await readExportDescription(this.read);
    if (description === null) return undefined;
    return canonical({ origin: description.origin, scope: description.archive });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof HubError) throw cause;
      const code = systemCode(cause) ?? String(cause);
      const isFull = code === 'ENOSPC' || code === 'EDQUOT';
      throw new HubError(isFull ? 'DISK_FULL' : 'FILE_UNREADABLE', `${this.#folder}: ${code}`, { cause });
    }
  }
}

/** The same text for the same export. */
function canonical({ origin, scope }: ExportOf): string {
  // How many documents there are is no part of what was asked for.
  const members = Object.entries(scope)
    .filter(([name]) => name !== 'documents')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([origin, members]);
}

function unsuitable(reason: string): HubError {
  return new HubError('AUDIT_TARGET_UNSUITABLE', reason);
}
