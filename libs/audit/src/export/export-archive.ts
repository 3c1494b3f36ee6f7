import {
  readBundle,
  readLogEntry,
  TILE_WIDTH,
  type BundleAddress,
  type LogEntry,
  type ReadLogFile,
} from '#tlog';
import { archivePath } from '../copy/copy-paths.ts';
import { readPack, writePack } from '../copy/pack.ts';
import { requireSame } from '../copy/records.ts';
import type { ExportScope } from './export-scope.ts';
import type { TargetFolder } from './target-folder.ts';

/** Copies the documents of bundles whose entries are in the folder already. */
export class ExportArchive {
  readonly #read: ReadLogFile;
  readonly #target: TargetFolder;
  readonly #scope: ExportScope;
  #documents = 0;
  #missing = 0;

  constructor(read: ReadLogFile, target: TargetFolder, scope: ExportScope) {
    this.#read = read;
    this.#target = target;
    this.#scope = scope;
  }

  /** Documents that are in the folder now, and those that the archive does not have. */
  get counts(): { readonly documents: number; readonly missing: number } {
    return { documents: this.#documents, missing: this.#missing };
  }

  /** @throws HubError `LOG_BYTES_DIFFER`, `LOG_PACK_MALFORMED`, `LOG_ENTRY_MALFORMED`, and what reading and writing throw */
  async bundle(bundle: BundleAddress): Promise<void> {
    const path = archivePath(bundle);
    const leaves = (await readBundle(bundle, this.#target.read)).map(readLogEntry);
    const wanted = leaves.map((leaf) => this.#scope.has(leaf));
    if (!wanted.includes(true)) return;
    const here = await this.#target.read(path);
    const found = here === undefined ? undefined : await readPack(here, bundle.width);
    if (found !== undefined && wanted.every((is, n) => !is || found[n] !== null)) {
      this.#count(wanted, found);
      return;
    }
    const served = await this.#read(path);
    const documents = served === undefined ? [] : await this.#documentsOf(served, bundle, { leaves, wanted });
    this.#count(wanted, documents);
    if (served === undefined || documents.every((bytes) => bytes === null)) return;
    // The whole of a pack stays the file that the auditor has.
    await this.#target.write(path, documents.includes(null) ? await writePack(documents) : served);
  }

  /** As the auditor has them, each compared with its entry. */
  async #documentsOf(
    served: Buffer,
    { index, width }: BundleAddress,
    { leaves, wanted }: { readonly leaves: readonly LogEntry[]; readonly wanted: readonly boolean[] },
  ): Promise<readonly (Buffer | null)[]> {
    const all = await readPack(served, width);
    return leaves.map((leaf, n) => {
      const bytes = wanted[n] === true ? (all[n] ?? null) : null;
      if (bytes !== null) requireSame(index * TILE_WIDTH + n, leaf, bytes);
      return bytes;
    });
  }

  #count(wanted: readonly boolean[], documents: readonly (Buffer | null)[]): void {
    for (const [n, is] of wanted.entries()) {
      if (!is) continue;
      if (documents[n] === null || documents[n] === undefined) this.#missing += 1;
      else this.#documents += 1;
    }
  }
}
