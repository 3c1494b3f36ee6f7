import { link, open, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { Sha256 } from '#contracts';
import { HubError, systemCode } from '#errors';
import { syncFolder, systemClock, systemIds, type Clock, type IdSource } from '#platform';

import {
  ChunkWriter,
  readClearHeader,
  readContent,
  readDocumentHeader,
  type DiskHook,
  type OpenedDocument,
} from './chunk-file.ts';
import { bindKeys } from './bind-keys.ts';
import { ifThere, makeFolder, namesIn, onDisk } from './disk.ts';
import type {
  ByteRange,
  DocumentKey,
  DocumentStore,
  ExpectedDocument,
  PartialDocument,
  PutOptions,
  StoredDocument,
} from './document-store.ts';
import { deleteDestroyed } from './delete-destroyed.ts';
import { cleanFileName } from './file-name.ts';
import type { KeyedPractice, PracticeKeys } from './keys/practice-keys.ts';
import type { ClearHeader } from './layout.ts';
import { openPartial } from './partial-document.ts';
import { DocumentHasher } from './salted-digest.ts';
import { PREFIX_BYTES, sealOf, type FileSeal } from './sealing.ts';
import { keyOf, partialName, StorePaths } from './store-paths.ts';
import { fetchName, ownFolder, putName, sweep, type SweepReport } from './writing-folder.ts';

export interface FileStoreOptions {
  /** Folder of the store, made if need be. All of it must be on one file system. */
  readonly root: string;
  /** With what documents are sealed; a store without keys writes them in the clear, and reads no sealed ones. */
  readonly keys?: PracticeKeys;
  readonly ids?: IdSource;
  readonly clock?: Clock;
  /** Called before each step on the disk; what it throws is the disk's answer. For tests and fault suites. */
  readonly onDiskStep?: DiskHook;
}

/** What is said of a document that is not there, or not as it was written. */
const NOT_WHOLE: ReadonlySet<string> = new Set([
  'DOCUMENT_NOT_FOUND',
  'DOCUMENT_CORRUPT',
  'DOCUMENT_KEY_MISSING',
]);
const NO_HOOK: DiskHook = () => undefined;

/**
 * Documents as files, one per (practice, document id), in the layout of docs/adr/0008-document-store.md. A document is
 * written under another name, synced, and then linked to its own name, which fails if the name is taken: a reader sees
 * all of it or nothing, and of two writers one wins.
 */
export class FileDocumentStore implements DocumentStore {
  readonly #paths: StorePaths;
  readonly #keys: PracticeKeys | undefined;
  readonly #ids: IdSource;
  readonly #clock: Clock;
  readonly #hook: DiskHook;

  constructor(options: FileStoreOptions) {
    this.#paths = new StorePaths(options.root);
    this.#keys = options.keys;
    this.#ids = options.ids ?? systemIds;
    this.#clock = options.clock ?? systemClock;
    this.#hook = options.onDiskStep ?? NO_HOOK;
  }

  /**
   * Clears up what killed processes left; call once at start. Other processes on the same root are not disturbed.
   *
   * @throws HubError `DISK_FULL`, `DOCUMENT_STORE_FAILED`; `DOCUMENT_KEYS_ELSEWHERE` if the store was sealed with other
   *   keys than these: new ones would hide that they are missing
   */
  async start(): Promise<SweepReport> {
    if (this.#keys !== undefined) await bindKeys(this.#paths.keysName, await this.#keys.identity());
    return sweep(this.#paths.writing, this.#paths.partials, this.#clock.now());
  }

  async put(key: DocumentKey, content: AsyncIterable<Buffer>, options: PutOptions): Promise<StoredDocument> {
    const target = this.#paths.document(key);
    const hasher = new DocumentHasher(options.salt ?? this.#ids.bytes(32));
    const path = join(await ownFolder(this.#paths.writing), putName(this.#ids.uuid()));
    const handle = await onDisk('write a document', () => open(path, 'wx', 0o600));
    try {
      // The key may have to be made: that goes on while the first bytes come.
      const writer = new ChunkWriter(handle, this.#hook, this.#newSeal(key));
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
      return (await this.#read(handle, key)).document;
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
      const opened = await this.#read(handle, key);
      const { size } = opened.document;
      const start = range.start ?? 0;
      const end = range.end ?? size - 1;
      if (start < 0 || start > end + 1 || end >= size) {
        const asked = `bytes ${start} to ${end} of ${size}`;
        throw new HubError('DOCUMENT_RANGE_UNSATISFIABLE', `there are no ${asked}`);
      }
      yield* readContent(handle, start, end + 1, opened);
    } finally {
      await handle.close();
    }
  }

  async delete(key: DocumentKey): Promise<boolean> {
    for (const partial of [this.#paths.partial(key), this.#paths.torn(key)])
      await onDisk('delete a document', () => rm(partial, { force: true }));
    const path = this.#paths.document(key);
    const deleted = await ifThere('delete a document', async () => {
      await unlink(path);
      await syncFolder(this.#paths.folder(key));
      return true;
    });
    return deleted ?? false;
  }

  async deleteDestroyed(practice: KeyedPractice): Promise<number> {
    return deleteDestroyed(this.#paths, this.#keys, practice);
  }

  async seal(key: DocumentKey): Promise<number | null> {
    const source = await ifThere('open a document', () => open(this.#paths.document(key), 'r'));
    if (source === undefined) return null;
    const path = join(await ownFolder(this.#paths.writing), putName(this.#ids.uuid()));
    try {
      if (this.#keys === undefined || (await readClearHeader(source)).sealed !== null) return null;
      const opened = await this.#read(source, key);
      await this.#sealInto(path, key, source, opened);
      await this.#replaceSame(path, key, source);
      return opened.document.size;
    } finally {
      await source.close();
      await onDisk('remove a temporary file', () => rm(path, { force: true }));
    }
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
      torn: this.#paths.torn(key),
      place: () => join(folder, fetchName(partialName(key), this.#ids.uuid())),
      expected,
      hook: this.#hook,
      newSeal: () => this.#newSeal(key),
      findSeal: (clear) => this.#findSeal(key, clear),
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
    for (const owner of await namesIn(root)) {
      for (const shard of await namesIn(join(root, owner))) {
        for (const practice of await namesIn(join(root, owner, shard))) {
          for (const file of await namesIn(join(root, owner, shard, practice))) {
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

  /** The sealed form of a plain document takes its place, unless it was deleted or replaced meanwhile. */
  async #replaceSame(path: string, key: DocumentKey, source: FileHandle): Promise<void> {
    const target = this.#paths.document(key);
    const there = await ifThere('look at a document', () => stat(target));
    const { ino } = await onDisk('look at a document', () => source.stat());
    if (there?.ino === ino) await this.#replace(path, key);
  }

  async #sealInto(path: string, key: DocumentKey, source: FileHandle, opened: OpenedDocument): Promise<void> {
    const { document } = opened;
    const handle = await onDisk('write a document', () => open(path, 'wx', 0o600));
    try {
      const writer = new ChunkWriter(handle, this.#hook, this.#newSeal(key));
      const hasher = new DocumentHasher(document.salt);
      for await (const bytes of readContent(source, 0, document.size, opened)) {
        hasher.update(bytes);
        await writer.write(bytes);
      }
      // What is damaged stays as it is: to be found, and fetched back.
      if (hasher.digest().saltedDigest !== document.saltedDigest)
        throw new HubError('DOCUMENT_CORRUPT', 'the content of a stored document is not what was stored');
      await writer.finish(document);
    } finally {
      await handle.close();
    }
  }

  /** For a writing: a prefix that no other has. */
  async #newSeal(key: DocumentKey): Promise<FileSeal | null> {
    if (this.#keys === undefined) return null;
    return sealOf(await this.#keys.sealing(key), key, this.#ids.bytes(PREFIX_BYTES));
  }

  async #findSeal(key: DocumentKey, { sealed }: ClearHeader): Promise<FileSeal | null> {
    if (sealed === null) return null;
    if (this.#keys === undefined)
      throw new HubError('DOCUMENT_KEY_MISSING', 'the document is sealed, and the store has no keys');
    return sealOf(await this.#keys.opening(key, sealed.keyId), key, sealed.prefix);
  }

  #read(handle: FileHandle, key: DocumentKey): Promise<OpenedDocument> {
    return readDocumentHeader(handle, (clear) => this.#findSeal(key, clear));
  }

  async #openFile(key: DocumentKey): Promise<FileHandle> {
    const path = this.#paths.document(key);
    const handle = await ifThere('open a document', () => open(path, 'r'));
    if (handle !== undefined) return handle;
    await this.#keys?.refuseDestroyed(key);
    const name = `${key.document} of practice ${key.owner}/${key.practice}`;
    throw new HubError('DOCUMENT_NOT_FOUND', `there is no document ${name}`);
  }
}

function tooLarge(maxBytes: number): HubError {
  const message = `the document has more than ${maxBytes} bytes`;
  return new HubError('DOCUMENT_TOO_LARGE', message, { details: { maxBytes } });
}
