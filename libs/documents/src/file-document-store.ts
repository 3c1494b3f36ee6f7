import { link, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import { syncFolder, systemCode, systemClock, systemIds, type Clock, type IdSource } from '#platform';

import { ChunkWriter, readContent, readDocumentHeader, type DiskHook } from './chunk-file.ts';
import { ifThere, makeFolder, onDisk } from './disk.ts';
import type {
  ByteRange,
  DocumentKey,
  DocumentStore,
  ExpectedDocument,
  PartialDocument,
  PutOptions,
  StoredDocument,
} from './document-store.ts';
import { cleanFileName } from './file-name.ts';
import { openPartial } from './partial-document.ts';
import { DocumentHasher } from './salted-digest.ts';
import { keyOf, partialName, StorePaths } from './store-paths.ts';
import { fetchName, ownFolder, putName, sweep, type SweepReport } from './writing-folder.ts';

export interface FileStoreOptions {
  /** Folder of the store, made if need be. All of it must be on one file system. */
  readonly root: string;
  readonly ids?: IdSource;
  readonly clock?: Clock;
  /** Called before each step on the disk; what it throws is the disk's answer. For tests and fault suites. */
  readonly onDiskStep?: DiskHook;
}

/** What is said of a document that is not there, or not as it was written. */
const NOT_WHOLE: ReadonlySet<string> = new Set(['DOCUMENT_NOT_FOUND', 'DOCUMENT_CORRUPT']);
const NO_HOOK: DiskHook = () => undefined;

/**
 * Documents as files, one per (practice, document id), in the layout of docs/adr/0008-document-store.md. A document is
 * written under another name, synced, and then linked to its own name, which fails if the name is taken: a reader sees
 * all of it or nothing, and of two writers one wins.
 */
export class FileDocumentStore implements DocumentStore {
  readonly #paths: StorePaths;
  readonly #ids: IdSource;
  readonly #clock: Clock;
  readonly #hook: DiskHook;

  constructor(options: FileStoreOptions) {
    this.#paths = new StorePaths(options.root);
    this.#ids = options.ids ?? systemIds;
    this.#clock = options.clock ?? systemClock;
    this.#hook = options.onDiskStep ?? NO_HOOK;
  }

  /**
   * Clears up what killed processes left; call once at start. Other processes on the same root are not disturbed.
   *
   * @throws HubError `DISK_FULL`, `DOCUMENT_STORE_FAILED`
   */
  async start(): Promise<SweepReport> {
    return sweep(this.#paths.writing, this.#paths.partials, this.#clock.now());
  }

  async put(key: DocumentKey, content: AsyncIterable<Buffer>, options: PutOptions): Promise<StoredDocument> {
    const target = this.#paths.document(key);
    const hasher = new DocumentHasher(options.salt ?? this.#ids.bytes(32));
    const path = join(await ownFolder(this.#paths.writing), putName(this.#ids.uuid()));
    const handle = await onDisk('write a document', () => open(path, 'wx', 0o600));
    try {
      const writer = new ChunkWriter(handle, this.#hook);
      for await (const bytes of content) {
        if (hasher.size + bytes.length > options.maxBytes) throw tooLarge(options.maxBytes);
        hasher.update(bytes);
        await writer.write(bytes);
      }
      const document = { ...hasher.digest(), salt: hasher.salt, name: cleanFileName(options.name) };
      await writer.finish(document);
      if (await this.#publish(path, key)) return document;
      throw new HubError('DOCUMENT_EXISTS', `${target} is there already`);
    } finally {
      await handle.close();
      await onDisk('remove a temporary file', () => rm(path, { force: true }));
    }
  }

  async stat(key: DocumentKey): Promise<StoredDocument> {
    const handle = await this.#openFile(key);
    try {
      return await readDocumentHeader(handle);
    } finally {
      await handle.close();
    }
  }

  async has(key: DocumentKey): Promise<boolean> {
    const path = this.#paths.document(key);
    return (await ifThere('look at a document', () => stat(path))) !== undefined;
  }

  async *open(key: DocumentKey, range: ByteRange = {}): AsyncGenerator<Buffer, void, undefined> {
    const handle = await this.#openFile(key);
    try {
      const { size } = await readDocumentHeader(handle);
      const start = range.start ?? 0;
      const end = range.end ?? size - 1;
      if (start < 0 || start > end + 1 || end >= size) {
        const asked = `bytes ${start} to ${end} of ${size}`;
        throw new HubError('DOCUMENT_RANGE_UNSATISFIABLE', `there are no ${asked}`);
      }
      yield* readContent(handle, start, end + 1, size);
    } finally {
      await handle.close();
    }
  }

  async delete(key: DocumentKey): Promise<boolean> {
    const partial = this.#paths.partial(key);
    await onDisk('delete a document', () => rm(partial, { force: true }));
    const path = this.#paths.document(key);
    const deleted = await ifThere('delete a document', async () => {
      await unlink(path);
      await syncFolder(this.#paths.folder(key));
      return true;
    });
    return deleted ?? false;
  }

  async isIntact(key: DocumentKey, saltedDigest: Sha256): Promise<boolean> {
    try {
      const stored = await this.stat(key);
      const hasher = new DocumentHasher(stored.salt);
      for await (const bytes of this.open(key)) hasher.update(bytes);
      const found = hasher.digest();
      return found.saltedDigest === saltedDigest && found.sha256 === stored.sha256;
    } catch (error) {
      if (error instanceof HubError && NOT_WHOLE.has(error.code)) return false;
      throw error;
    }
  }

  async resume(key: DocumentKey, expected: ExpectedDocument): Promise<PartialDocument> {
    const folder = await ownFolder(this.#paths.writing);
    await onDisk('make a folder', () => makeFolder(this.#paths.partials));
    return openPartial({
      resting: this.#paths.partial(key),
      own: join(folder, fetchName(partialName(key), this.#ids.uuid())),
      expected,
      hook: this.#hook,
      publish: async (path, document) => {
        if (expected.replace === true) {
          await this.#replace(path, key);
          return document;
        }
        if (await this.#publish(path, key)) return document;
        const present = await this.stat(key);
        if (present.saltedDigest === expected.saltedDigest && present.size === expected.size) return present;
        throw new HubError('DOCUMENT_EXISTS', 'another content has this document id');
      },
    });
  }

  async *keys(): AsyncGenerator<DocumentKey, void, undefined> {
    const root = this.#paths.practices;
    for (const owner of await list(root)) {
      for (const shard of await list(join(root, owner))) {
        for (const practice of await list(join(root, owner, shard))) {
          for (const file of await list(join(root, owner, shard, practice))) {
            const key = keyOf(owner, practice, file);
            if (key !== undefined) yield key;
          }
        }
      }
    }
  }

  /** Gives a finished file its name; false if the name is taken. */
  async #publish(path: string, key: DocumentKey): Promise<boolean> {
    const folder = this.#paths.folder(key);
    return onDisk('publish a document', async () => {
      this.#hook('publish');
      await makeFolder(folder);
      try {
        await link(path, this.#paths.document(key));
      } catch (error) {
        if (systemCode(error) === 'EEXIST') return false;
        throw error;
      }
      await syncFolder(folder);
      return true;
    });
  }

  /** The same, in the place of what has the name. */
  async #replace(path: string, key: DocumentKey): Promise<void> {
    const folder = this.#paths.folder(key);
    await onDisk('replace a document', async () => {
      this.#hook('publish');
      await makeFolder(folder);
      await rename(path, this.#paths.document(key));
      await syncFolder(folder);
    });
  }

  async #openFile(key: DocumentKey) {
    const path = this.#paths.document(key);
    const handle = await ifThere('open a document', () => open(path, 'r'));
    if (handle !== undefined) return handle;
    const name = `${key.document} of practice ${key.owner}/${key.practice}`;
    throw new HubError('DOCUMENT_NOT_FOUND', `there is no document ${name}`);
  }
}

async function list(path: string): Promise<readonly string[]> {
  return (await ifThere('list documents', () => readdir(path))) ?? [];
}

function tooLarge(maxBytes: number): HubError {
  const message = `the document has more than ${maxBytes} bytes`;
  return new HubError('DOCUMENT_TOO_LARGE', message, { details: { maxBytes } });
}
