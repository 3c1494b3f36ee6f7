/** The folder of the keys: a file for each practice, replaced as a whole, whoever dies in between. */
import { link, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '#errors';

import { parseIpaCode, parsePracticeId } from '#contracts';
import { crashPoint, syncFolder, type IdSource } from '#platform';

import { ifThere, makeFolder, namesIn, onDisk } from '../disk.ts';
import type { KeyedPractice } from './practice-keys.ts';

const SUFFIX = '.key';
const NEW_SUFFIX = '.new';
/** A second name of what is being replaced, until it is overwritten. */
const OLD_SUFFIX = '.old';
/** What a killed process was writing is removed after so long, milliseconds: one hour. */
const ABANDONED_MS = 3_600_000;

export class KeyFiles {
  readonly #root: string;
  readonly #ids: Pick<IdSource, 'uuid' | 'bytes'>;

  constructor(root: string, ids: Pick<IdSource, 'uuid' | 'bytes'>) {
    this.#root = root;
    this.#ids = ids;
  }

  /** `o-<owner>/<end of the practice's uuid>/<uuid>.key`. @throws HubError `ID_MALFORMED` */
  path({ owner, practice }: KeyedPractice): string {
    const uuid = parsePracticeId(practice);
    return join(this.#root, `o-${parseIpaCode(owner).toLowerCase()}`, uuid.slice(-2), `${uuid}${SUFFIX}`);
  }

  /** Undefined if there is none. */
  async read(path: string): Promise<string | undefined> {
    return ifThere('read a key', () => readFile(path, 'utf8'));
  }

  /** Writes a file that is not there yet, durably. False: another process was quicker. */
  async create(path: string, text: string): Promise<boolean> {
    return this.#written(path, text, async (made) => {
      try {
        await link(made, path);
        return true;
      } catch (error) {
        if (systemCode(error) === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(made, { force: true });
      }
    });
  }

  /**
   * Puts another text in its place, durably, and writes random bytes over what was there, as far as the file system
   * writes where it has written before. What was there has a second name meanwhile: who dies in between leaves it to
   * {@link finish}.
   */
  async replace(path: string, text: string): Promise<void> {
    const old = `${path}.${this.#ids.uuid()}${OLD_SUFFIX}`;
    const before = await ifThere('open a key', () => open(path, 'r+'));
    try {
      if (before !== undefined) await onDisk('name a key', () => link(path, old));
      await this.#written(path, text, (made) => rename(made, path));
      crashPoint('key-replaced');
      if (before !== undefined) await this.#overwrite(before, old);
    } catch (error) {
      // What has its place still needs no second name; what has lost it is overwritten the next time.
      if (await isOneFile(old, path)) await rm(old, { force: true });
      throw error;
    } finally {
      await before?.close();
    }
  }

  /** Overwrites what somebody has replaced who then died. */
  async finish(path: string): Promise<void> {
    const folder = dirname(path);
    for (const name of await namesIn(folder)) {
      const old = join(folder, name);
      if (!old.startsWith(`${path}.`) || !name.endsWith(OLD_SUFFIX)) continue;
      // Whoever finishes it at the same moment has removed it.
      const file = await ifThere('open a key', () => open(old, 'r+'));
      if (file === undefined) continue;
      try {
        if (await isOneFile(old, path))
          await onDisk('remove a name of a key', () => rm(old, { force: true }));
        else await this.#overwrite(file, old);
      } finally {
        await file.close();
      }
    }
  }

  /** Every practice that has a file, in no order; what was left half-written goes. */
  async *practices(now: Date): AsyncGenerator<KeyedPractice, void, undefined> {
    for (const owner of await namesIn(this.#root)) {
      if (!owner.startsWith('o-')) continue;
      for (const shard of await namesIn(join(this.#root, owner))) {
        const folder = join(this.#root, owner, shard);
        for (const file of await namesIn(folder)) {
          if (file.endsWith(NEW_SUFFIX)) await forgetAbandoned(join(folder, file), now);
          if (file.endsWith(OLD_SUFFIX)) await this.finish(join(folder, keyFileOf(file)));
          if (!file.endsWith(SUFFIX)) continue;
          yield {
            owner: parseIpaCode(owner.slice(2)),
            practice: parsePracticeId(file.slice(0, -SUFFIX.length)),
          };
        }
      }
    }
  }

  /** @param name by which it would be found, had this process died */
  async #overwrite(file: FileHandle, name: string): Promise<void> {
    await onDisk('overwrite a key', async () => {
      const { size } = await file.stat();
      await file.write(this.#ids.bytes(size), 0, size, 0);
      await file.sync();
      await rm(name, { force: true });
    });
  }

  async #written<T>(path: string, text: string, put: (made: string) => Promise<T>): Promise<T> {
    const folder = dirname(path);
    const made = `${path}.${this.#ids.uuid()}${NEW_SUFFIX}`;
    return onDisk('write a key', async () => {
      try {
        const handle = await openNew(made);
        try {
          await handle.writeFile(text);
          await handle.sync();
        } finally {
          await handle.close();
        }
        const result = await put(made);
        await syncFolder(folder);
        return result;
      } catch (error) {
        await rm(made, { force: true });
        throw error;
      }
    });
  }
}

/** Nearly always the folder is there. */
async function openNew(path: string): Promise<FileHandle> {
  const made = await ifThere('write a key', () => open(path, 'wx', 0o600));
  if (made !== undefined) return made;
  await makeFolder(dirname(path));
  return open(path, 'wx', 0o600);
}

async function forgetAbandoned(path: string, now: Date): Promise<void> {
  const found = await ifThere('look at a key', () => stat(path));
  if (found === undefined || now.getTime() - found.mtimeMs < ABANDONED_MS) return;
  await onDisk('remove a half-written key', () => rm(path, { force: true }));
}

/** Of `<uuid>.key.<…>.old`. */
function keyFileOf(name: string): string {
  return name.slice(0, name.indexOf(SUFFIX) + SUFFIX.length);
}

/** Nothing has been put in the place of the second, of which the first is another name. */
async function isOneFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map((path) => ifThere('look at a key', () => stat(path))),
  );
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
