/** A store that seals, with its keys, in a folder of its own; and the places of its files. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach } from 'vitest';

import {
  FileDocumentStore,
  FileKeyStore,
  FileMasterKey,
  newMasterKey,
  type DocumentKey,
  type FileStoreOptions,
} from '#documents';

import { aFolder } from './loopback.ts';

export class SealedStore {
  #folder: Awaited<ReturnType<typeof aFolder>> | undefined;
  keys!: FileKeyStore;
  store!: FileDocumentStore;

  /** Anew for each test of the file. */
  static each(): SealedStore {
    const sealed = new SealedStore();
    beforeEach(async () => {
      sealed.#folder = await aFolder();
      await sealed.writeMaster(newMasterKey());
      sealed.keys = sealed.keysOf();
      sealed.store = sealed.storeOf();
      await sealed.store.start();
    });
    afterEach(() => sealed.#folder?.remove());
    return sealed;
  }

  /** A path below the folder of the test. */
  path(...names: readonly string[]): string {
    return join(this.#folder?.path ?? '', ...names);
  }

  async writeMaster(...lines: readonly string[]): Promise<void> {
    await writeFile(this.path('master'), lines.join('\n'), { mode: 0o600 });
  }

  /** The keys as another process sees them. */
  keysOf(root = 'keys'): FileKeyStore {
    return new FileKeyStore({ root: this.path(root), master: new FileMasterKey(this.path('master')) });
  }

  storeOf(options: Partial<FileStoreOptions> = {}): FileDocumentStore {
    return new FileDocumentStore({ root: this.path('store'), keys: this.keys, ...options });
  }

  fileOf({ owner, practice, document }: DocumentKey): string {
    const place = ['practices', `o-${owner}`, practice.slice(-2), practice, `${document}.hubdoc`];
    return this.path('store', ...place);
  }

  keyFileOf({ owner, practice }: DocumentKey): string {
    return this.path('keys', 'practices', `o-${owner}`, practice.slice(-2), `${practice}.key`);
  }
}
