import { HubError } from '#errors';
import {
  entriesPath,
  formatBundle,
  leafHash,
  parseHashTile,
  readBundle,
  readLogEntry,
  rootTiles,
  TileEdge,
  TILE_WIDTH,
  tilePath,
  verifyCheckpoint,
  VerifiedTiles,
  type BundleAddress,
  type NoteVerifier,
  type ReadLogFile,
  type TreeHead,
} from '#tlog';
import { archivePath, CHECKPOINT_PATH, EXPORT_PATH, registryPath } from '../copy/copy-paths.ts';
import { EXPORT_FORMAT, type ArchiveScope, type ExportDescription } from '../copy/export-description.ts';
import { readRegistry } from '../copy/records.ts';
import { CopyRegistry } from '../trust/copy-registry.ts';
import { ahead } from './ahead.ts';
import { ExportArchive } from './export-archive.ts';
import { ExportScope } from './export-scope.ts';
import { TargetFolder } from './target-folder.ts';

/** Bundles that are asked for at the same time. */
const AHEAD = 4;

export interface ExportSettings {
  /** The log, as an auditor serves it. */
  readonly read: ReadLogFile;
  readonly folder: string;
  readonly log: NoteVerifier;
  /** The checkpoint to export up to: a witnessed one, if there is one. */
  readonly checkpoint: Buffer;
  /** What of the archive. */
  readonly scope: ArchiveScope;
  /** Fingerprint of the registry's root; null: the one that its chain names. */
  readonly root: string | null;
  readonly now: () => Date;
  /** Told of how many steps are done, and of how many: a bundle's entries are one, its documents another. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Aborted: `AUDIT_INTERRUPTED`; the next run goes on. */
  readonly signal?: AbortSignal;
}

export interface Exported {
  readonly description: ExportDescription;
  /** Documents that were asked for and that the archive does not have. */
  readonly missing: number;
}

/**
 * Copies the whole log, and of the archive what was asked for, into a folder. Everything is verified on the way: entries
 * under the signed root, documents by their digests, the registry's chain; the checkpoint is written last. A second run
 * goes on where the first has stopped, and fetches only what is new.
 * @throws HubError `LOG_CONSISTENCY_INVALID` if the log does not continue the export that is there; `AUDIT_TARGET_UNSUITABLE`,
 *   `AUDIT_INTERRUPTED`, `DISK_FULL`, `LOG_TILE_INVALID` and the like, `LOG_BYTES_DIFFER`, and what `read` throws
 */
export async function exportLog(settings: ExportSettings): Promise<Exported> {
  const { folder, scope, log, read, checkpoint } = settings;
  const head = verifyCheckpoint(checkpoint, log);
  const target = await TargetFolder.open(folder, { origin: log.name, scope });
  const tiles = await VerifiedTiles.open(head, read);
  return await new Export(settings, { head, target, tiles }).run();
}

class Export {
  readonly #settings: ExportSettings;
  readonly #head: TreeHead;
  readonly #target: TargetFolder;
  readonly #tiles: VerifiedTiles;
  readonly #scope: ExportScope;
  #done = 0;

  constructor(
    settings: ExportSettings,
    parts: { readonly head: TreeHead; readonly target: TargetFolder; readonly tiles: VerifiedTiles },
  ) {
    this.#settings = settings;
    this.#head = parts.head;
    this.#target = parts.target;
    this.#tiles = parts.tiles;
    this.#scope = new ExportScope(settings.scope);
  }

  async run(): Promise<Exported> {
    const before = await this.#before();
    const { scope, checkpoint, log, now } = this.#settings;
    await this.#entries();
    await this.#registry();
    const { documents, missing } = await this.#archive();
    const description: ExportDescription = {
      format: EXPORT_FORMAT,
      origin: log.name,
      size: this.#head.size,
      madeAt: now().toISOString(),
      archive: { ...scope, documents },
    };
    await this.#target.write(EXPORT_PATH, Buffer.from(`${JSON.stringify(description, null, 2)}\n`));
    await this.#target.write(CHECKPOINT_PATH, checkpoint);
    await this.#tidy(before);
    await this.#target.finish();
    return { description, missing };
  }

  /** The tree that was exported here before, which this one has to continue. */
  async #before(): Promise<TreeHead | null> {
    const note = await this.#target.checkpoint();
    if (note === undefined) return null;
    const before = verifyCheckpoint(note, this.#settings.log);
    const { size } = this.#head;
    const continues = before.size <= size && (await this.#tiles.rootAt(before.size)).equals(before.root);
    if (continues) return before;
    throw new HubError(
      'LOG_CONSISTENCY_INVALID',
      `the log of ${size} leaves does not continue the export of ${before.size} that is in the folder`,
    );
  }

  /** Entries and tiles. A bundle's entries are written last: where they are, its tiles are. */
  async #entries(): Promise<void> {
    const edge = await this.#edgeOfTarget();
    const { size } = this.#head;
    const first = Math.floor(edge.size / TILE_WIDTH);
    const indexes = Array.from({ length: Math.ceil(size / TILE_WIDTH) - first }, (_, n) => first + n);
    for await (const [index, entries] of ahead(AHEAD, indexes, (bundle) => this.#tiles.entries(bundle))) {
      for (const { tile, bytes } of edge.grow(entries.map(leafHash)))
        if (tile.width === TILE_WIDTH) await this.#target.write(tilePath(tile), bytes);
      await this.#target.write(entriesPath({ index, width: entries.length }), formatBundle(entries));
      this.#progress();
    }
    for (const { tile, bytes } of edge.partials()) await this.#target.write(tilePath(tile), bytes);
    if (edge.root().equals(this.#head.root)) return;
    throw new HubError(
      'AUDIT_TARGET_UNSUITABLE',
      'the files that are in the folder do not lead to the signed root',
    );
  }

  /** What is whole in the folder already, from the first bundle on. */
  async #edgeOfTarget(): Promise<TileEdge> {
    const edge = TileEdge.empty();
    const { read } = this.#target;
    for (let index = 0; (index + 1) * TILE_WIDTH <= this.#head.size; index += 1) {
      const full = { index, width: TILE_WIDTH };
      const tile = await read(tilePath({ level: 0, ...full }));
      if (tile === undefined || (await read(entriesPath(full))) === undefined) break;
      edge.grow(parseHashTile(tile, TILE_WIDTH));
      this.#progress();
    }
    return edge;
  }

  async #registry(): Promise<void> {
    const { read, root } = this.#settings;
    let number = (await readRegistry(this.#target.read)).length;
    for (;;) {
      number += 1;
      const bytes = await read(registryPath(number));
      if (bytes === undefined) break;
      await this.#target.write(registryPath(number), bytes);
    }
    // What cannot be verified here cannot be verified anywhere.
    await CopyRegistry.read(this.#target.read, root);
  }

  async #archive(): Promise<{ readonly documents: number; readonly missing: number }> {
    const archive = new ExportArchive(this.#settings.read, this.#target, this.#scope);
    if (this.#settings.scope.of === 'nothing') return archive.counts;
    for (const bundle of this.#bundles()) {
      for (const entry of await readBundle(bundle, this.#target.read)) this.#scope.show(readLogEntry(entry));
    }
    const work = ahead(AHEAD, this.#bundles(), (bundle) => archive.bundle(bundle));
    while ((await work.next()).done !== true) this.#progress();
    return archive.counts;
  }

  /** Partial files of the export before, in whose place there are others now. */
  async #tidy(before: TreeHead | null): Promise<void> {
    if (before === null || before.size % TILE_WIDTH === 0 || before.size === this.#head.size) return;
    const kept = new Set(rootTiles(this.#head.size).map(tilePath));
    for (const tile of rootTiles(before.size))
      if (tile.width < TILE_WIDTH && !kept.has(tilePath(tile))) await this.#target.remove(tilePath(tile));
    const bundle = { index: Math.floor(before.size / TILE_WIDTH), width: before.size % TILE_WIDTH };
    await this.#target.remove(entriesPath(bundle));
    await this.#target.remove(archivePath(bundle));
  }

  #bundles(): BundleAddress[] {
    const { size } = this.#head;
    return Array.from({ length: Math.ceil(size / TILE_WIDTH) }, (_, index) => ({
      index,
      width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH),
    }));
  }

  #progress(): void {
    const { signal, onProgress, scope } = this.#settings;
    this.#done += 1;
    const bundles = Math.ceil(this.#head.size / TILE_WIDTH);
    onProgress?.(this.#done, scope.of === 'nothing' ? bundles : 2 * bundles);
    if (signal?.aborted === true)
      throw new HubError('AUDIT_INTERRUPTED', 'what is whole stays in the folder');
  }
}
