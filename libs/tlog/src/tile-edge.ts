import { HASH_BYTES, requireCount, requireHashes } from './hash.ts';
import { fullTileHash, hashesInTiles, parseHashTile, TILE_BYTES } from './hash-tile.ts';
import { hashesAtLevel } from './tile-geometry.ts';
import { TILE_WIDTH, type TileAddress } from './tile-path.ts';
import { hashesOf, rootAt } from './tree.ts';

/** A tile with its content, to be written before any checkpoint that needs it. */
export interface WrittenTile {
  readonly tile: TileAddress;
  /** To be read, not altered: the edge goes on from them. */
  readonly bytes: Buffer;
}

/** The last, unfinished tile of a level. */
interface Row {
  /** The tile's index within its level. */
  index: number;
  /** How many hashes it holds, 0 to 255. */
  width: number;
  /** `TILE_BYTES` long; of these, `width` hashes count. */
  bytes: Buffer;
}

/**
 * The right edge of a tree as its partial tiles: enough to write every tile of what is appended, and to know the root.
 * At most 8 KiB a level.
 */
export class TileEdge {
  #size: number;
  readonly #rows: Row[];

  private constructor(size: number, rows: Row[]) {
    this.#size = size;
    this.#rows = rows;
  }

  static empty(): TileEdge {
    return new TileEdge(0, []);
  }

  /**
   * Resumes from the tree's partial tiles, `rootTiles(size)`.
   * @param contentOf gives the bytes of one of them
   * @throws HubError `LOG_TILE_MALFORMED`, `LOG_PROOF_MALFORMED` if `size` is no count. Whether the tiles are the right
   *   ones, `root()` tells.
   */
  static from(size: number, contentOf: (tile: TileAddress) => Buffer): TileEdge {
    requireCount(size, 'tree size');
    const rows: Row[] = [];
    for (let level = 0; hashesAtLevel(level, size) > 0; level += 1) {
      const total = hashesAtLevel(level, size);
      const index = Math.floor(total / TILE_WIDTH);
      const row = emptyRow(index);
      row.width = total % TILE_WIDTH;
      if (row.width > 0) {
        const content = contentOf({ level, index, width: row.width });
        parseHashTile(content, row.width);
        content.copy(row.bytes);
      }
      rows.push(row);
    }
    return new TileEdge(size, rows);
  }

  /** An edge of its own: what one of the two appends does not move the other. */
  copy(): TileEdge {
    return new TileEdge(
      this.#size,
      this.#rows.map((row) => ({ ...row, bytes: Buffer.from(row.bytes) })),
    );
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Appends leaf hashes. Returns the tiles to write, in the order of `tilesOfGrowth`.
   * @throws HubError `LOG_PROOF_MALFORMED` if a hash is not 32 bytes long
   */
  grow(leafHashes: readonly Buffer[]): WrittenTile[] {
    requireHashes(leafHashes, 'leaves');
    const written: WrittenTile[] = [];
    let hashes = leafHashes;
    for (let level = 0; hashes.length > 0; level += 1) hashes = this.#append(level, hashes, written);
    this.#size += leafHashes.length;
    return written;
  }

  /** Root of the leaves so far (RFC 6962 §2.1). */
  root(): Buffer {
    const rows = this.#rows.map(({ bytes, width }) =>
      hashesOf(parseHashTile(bytes.subarray(0, width * HASH_BYTES), width)),
    );
    return rootAt(
      this.#size,
      hashesInTiles(this.#size, ({ level }) => rows[level]),
    );
  }

  /** The tree's partial tiles, `rootTiles(size)` from level 0 up. */
  partials(): WrittenTile[] {
    return this.#rows.flatMap((row, level) => (row.width === 0 ? [] : [partial(level, row)]));
  }

  /** Appends to one level. Returns the hashes of the tiles that became full, for the level above. */
  #append(level: number, hashes: readonly Buffer[], written: WrittenTile[]): Buffer[] {
    const row = (this.#rows[level] ??= emptyRow(0));
    const full: Buffer[] = [];
    for (const hash of hashes) {
      hash.copy(row.bytes, row.width * HASH_BYTES);
      row.width += 1;
      if (row.width < TILE_WIDTH) continue;
      written.push({ tile: { level, index: row.index, width: TILE_WIDTH }, bytes: row.bytes });
      full.push(fullTileHash(row.bytes));
      Object.assign(row, emptyRow(row.index + 1));
    }
    if (row.width > 0) written.push(partial(level, row));
    return full;
  }
}

/** A view: a row only grows behind what it has, and a full one is handed over whole. */
function partial(level: number, { index, width, bytes }: Row): WrittenTile {
  return { tile: { level, index, width }, bytes: bytes.subarray(0, width * HASH_BYTES) };
}

function emptyRow(index: number): Row {
  return { index, width: 0, bytes: Buffer.alloc(TILE_BYTES) };
}
