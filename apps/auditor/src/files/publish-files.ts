import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import { crashPoint } from '#platform';
import {
  entriesPath,
  HASH_BYTES,
  rootTiles,
  TILE_WIDTH,
  tilePath,
  type NoteVerifier,
  type TileEdge,
  type WrittenTile,
} from '#tlog';
import { checkpointTowards, latestCheckpoint, type PublishedCheckpoint } from '../log/checkpoints.ts';
import { loadBundle } from '../served/tile-content.ts';
import { diskError } from './disk.ts';
import { readFolder, type FolderState } from './folder-state.ts';
import type { LogFile, LogFolder } from './log-folder.ts';

/**
 * Leaves of one step, at most, where the checkpoints allow it: what a crash has to do again, and what is in memory, half a
 * MiB of hashes and a bundle at a time.
 */
const STEP_LEAVES = 16_384;

export interface PublishFilesParts {
  readonly work: UnitOfWork;
  /** The log's. */
  readonly key: NoteVerifier;
  readonly folder: LogFolder;
  /** Whether bundles of entries are written, too. */
  readonly entries: boolean;
  readonly stepLeaves?: number;
}

/** The files of a published checkpoint, on top of those that a folder has. */
interface Growth {
  readonly to: PublishedCheckpoint;
  readonly leaves: readonly Buffer[];
  /** Sizes published on the way, `to` included. */
  readonly sizes: readonly number[];
}

/**
 * Brings a folder up to the log, a step at a time: tiles and bundles, then the checkpoint, each durable before the next
 * begins. What the folder holds is read, not remembered over an error, so whatever ended in the middle is gone on with
 * from the checkpoint that is there. The tiles are computed on top of the folder's own, and their root must be the signed
 * one: a database that was altered, or restored from an old copy, changes nothing in the folder.
 */
export class PublishFiles {
  readonly #parts: PublishFilesParts;
  #state: FolderState | null = null;
  #isCleared = false;

  constructor(parts: PublishFilesParts) {
    this.#parts = parts;
  }

  get #folder(): string {
    return this.#parts.folder.root;
  }

  /** Leaves of the checkpoint that is in the folder; null while it is not known. */
  get size(): number | null {
    return this.#state?.size ?? null;
  }

  /**
   * @returns true if there is more to be done
   * @throws HubError `DISK_FULL`, `LOG_FILES_UNWRITABLE`, `LOG_FILES_DAMAGED`, `LOG_FILES_CONTRADICTED`, `LOG_STATE_DAMAGED`,
   *   `LOG_KEY_NOT_OF_LOG`
   */
  async step(): Promise<boolean> {
    try {
      return await this.#step();
    } catch (error) {
      this.#state = null;
      throw diskError(error, this.#folder);
    }
  }

  async #step(): Promise<boolean> {
    const { work, folder, stepLeaves = STEP_LEAVES } = this.#parts;
    const state = await this.#read();
    const latest = await work.run(latestCheckpoint);
    if (latest === null && state.note === null) return false;
    if (latest === null || latest.size < state.size) throw this.#behind(state, latest);
    if (latest.size === state.size) {
      if (!latest.root.equals(state.root)) throw this.#contradicted(latest);
      if (state.note?.equals(latest.note) === true) return false;
      // The same tree with more signatures, or the empty log's first note.
      await folder.putCheckpoint(latest.note);
      this.#state = { ...state, note: latest.note };
      return false;
    }
    crashPoint('files-step');
    const growth = await work.run((tx) => loadGrowth(tx, state.size, latest, stepLeaves));
    const isPublished = await this.#publish(state, growth);
    return !isPublished || growth.to.size < latest.size;
  }

  /** How far the folder is: as remembered, if its note is still the one that was put there. */
  async #read(): Promise<FolderState> {
    const { folder, key, entries } = this.#parts;
    if (this.#state !== null && sameNote(await folder.checkpoint(), this.#state.note)) return this.#state;
    if (!this.#isCleared) await folder.clear();
    this.#isCleared = true;
    this.#state = await readFolder(folder, key, entries);
    return this.#state;
  }

  /** @returns false if another process has gone on in this folder meanwhile: then it is for that one to say how far */
  async #publish(state: FolderState, { to, leaves, sizes }: Growth): Promise<boolean> {
    const { folder, entries } = this.#parts;
    const { edge } = state;
    const before = rootTiles(edge.size);
    const tiles = edge.grow(leaves);
    if (!edge.root().equals(to.root)) throw this.#contradicted(to);
    const written = [...tiles, ...partialsOnTheWay(sizes, edge)];
    await folder.put(written.map(({ tile, bytes }) => ({ path: tilePath(tile), bytes })));
    if (entries) await folder.put(this.#bundles(written));
    if (!sameNote(await folder.checkpoint(), state.note)) {
      this.#state = null;
      return false;
    }
    await folder.putCheckpoint(to.note);
    this.#state = { note: to.note, size: to.size, root: to.root, edge };
    const full = new Set(tiles.flatMap(({ tile }) => (tile.width === TILE_WIDTH ? [tilePath(tile)] : [])));
    const filled = before
      .map((tile) => ({ ...tile, width: TILE_WIDTH }))
      .filter((tile) => full.has(tilePath(tile)));
    await folder.removePartials(filled.map(tilePath));
    if (entries) await folder.removePartials(filled.filter(({ level }) => level === 0).map(entriesPath));
    return true;
  }

  async *#bundles(written: readonly WrittenTile[]): AsyncGenerator<LogFile> {
    for (const { tile } of written) {
      if (tile.level > 0) continue;
      yield { path: entriesPath(tile), bytes: await this.#parts.work.run((tx) => loadBundle(tx, tile)) };
    }
  }

  #behind({ size }: FolderState, latest: PublishedCheckpoint | null): HubError {
    return new HubError(
      'LOG_FILES_CONTRADICTED',
      `${this.#folder} has a signed checkpoint of ${size} leaves, the database one of ${latest?.size ?? 'none'}`,
    );
  }

  #contradicted({ size }: PublishedCheckpoint): HubError {
    return new HubError(
      'LOG_FILES_CONTRADICTED',
      `the log in ${this.#folder} does not lead to the database’s checkpoint of ${size} leaves`,
    );
  }
}

function sameNote(there: Buffer | undefined, known: Buffer | null): boolean {
  return there === undefined ? known === null : known?.equals(there) === true;
}

async function loadGrowth(
  tx: Tx,
  from: number,
  latest: PublishedCheckpoint,
  atMost: number,
): Promise<Growth> {
  const to = latest.size - from <= atMost ? latest : await checkpointTowards(tx, from, from + atMost);
  const leaves = await tx.prepared<{ hash: Buffer }>(
    'select hash from log_leaf where index >= $1 and index < $2 order by index',
    [from, to.size],
  );
  if (leaves.length !== to.size - from) {
    throw new HubError('LOG_STATE_DAMAGED', `of the leaves from ${from} to ${to.size} some have gone`);
  }
  const published = await tx.prepared<{ size: string }>(
    'select size from checkpoint where size > $1 and size <= $2 order by size',
    [from, to.size],
  );
  return { to, leaves: leaves.map(({ hash }) => hash), sizes: published.map(({ size }) => Number(size)) };
}

/** The partial tiles of the sizes published on the way that are partial still: each begins the one that is there now. */
function partialsOnTheWay(sizes: readonly number[], edge: TileEdge): readonly WrittenTile[] {
  const now = new Map(edge.partials().map((one) => [`${one.tile.level}/${one.tile.index}`, one]));
  const found = new Map<string, WrittenTile>();
  for (const tile of sizes.flatMap(rootTiles)) {
    const grown = now.get(`${tile.level}/${tile.index}`);
    if (grown === undefined || tile.width >= grown.tile.width) continue;
    found.set(tilePath(tile), { tile, bytes: grown.bytes.subarray(0, tile.width * HASH_BYTES) });
  }
  return [...found.values()];
}
