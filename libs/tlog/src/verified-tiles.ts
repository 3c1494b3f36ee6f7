import { HubError } from '#errors';
import { leafHash, requireCount } from './hash.ts';
import { hashesInTiles, parseHashTile } from './hash-tile.ts';
import { readBundle, readHashTile, type ReadLogFile } from './log-files.ts';
import { consistencyAddresses, consistencyProof, inclusionAddresses, inclusionProof } from './proofs.ts';
import { parentTile, rootTiles, tileOfNode, tilesOfNodes } from './tile-geometry.ts';
import { TILE_HEIGHT, TILE_WIDTH, tilePath, type TileAddress } from './tile-path.ts';
import { hashesOf, rootAddresses, rootAt, type HashAt, type NodeAddress } from './tree.ts';

/** A tree head whose signature was checked: what the tiles are measured against. */
export interface TreeHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** Verified tiles kept at a time, some tens of KB each. */
const TILES_KEPT = 256;

/**
 * A log's tiles, believed only as far as the root of a checkpoint proves them. The partial tiles lead to the root, so
 * the root proves them; a full tile is proved by its hash in the tile above. A tile that was altered is refused with
 * `LOG_TILE_INVALID`, whoever served it.
 */
export class VerifiedTiles {
  readonly #head: TreeHead;
  readonly #read: ReadLogFile;
  /** The partial tiles, by path. */
  readonly #edge: ReadonlyMap<string, HashAt>;
  /** Full tiles by path, the least recently used first. */
  readonly #kept = new Map<string, Promise<HashAt>>();

  private constructor(head: TreeHead, read: ReadLogFile, edge: ReadonlyMap<string, HashAt>) {
    this.#head = head;
    this.#read = read;
    this.#edge = edge;
  }

  /**
   * Reads the partial tiles and checks that they lead to the root; all others are read when they are needed.
   * @throws HubError `LOG_TILE_MISSING`, `LOG_TILE_INVALID`, `LOG_TILE_MALFORMED`, `LOG_PROOF_MALFORMED` (no count)
   */
  static async open(head: TreeHead, read: ReadLogFile): Promise<VerifiedTiles> {
    requireCount(head.size, 'tree size');
    const edge = new Map(
      await Promise.all(
        rootTiles(head.size).map(async (tile) => [tilePath(tile), await readTile(tile, read)] as const),
      ),
    );
    const hashAt = hashesInTiles(head.size, (tile) => edge.get(tilePath(tile)));
    if (!rootAt(head.size, hashAt).equals(head.root)) {
      throw invalid(`the partial tiles do not lead to the root of the checkpoint of size ${head.size}`);
    }
    return new VerifiedTiles(head, read, edge);
  }

  get size(): number {
    return this.#head.size;
  }

  /**
   * Inclusion proof of a leaf in the tree of the checkpoint, or of an earlier `size`.
   * @throws HubError `LOG_PROOF_MALFORMED`, `LOG_NODE_MISSING` (a later size), `LOG_TILE_MISSING`, `LOG_TILE_INVALID`,
   *   `LOG_TILE_MALFORMED`
   */
  async inclusionProof(index: number, size = this.size): Promise<Buffer[]> {
    return inclusionProof(index, size, await this.hashesAt(inclusionAddresses(index, size)));
  }

  /** Proof that the tree of `second` leaves begins with that of `first`. @throws as `inclusionProof` */
  async consistencyProof(first: number, second = this.size): Promise<Buffer[]> {
    return consistencyProof(first, second, await this.hashesAt(consistencyAddresses(first, second)));
  }

  /** Root of the first `size` leaves of this tree. @throws as `inclusionProof` */
  async rootAt(size: number): Promise<Buffer> {
    return rootAt(size, await this.hashesAt(rootAddresses(size)));
  }

  /**
   * The entries of a bundle, as many of its 256 as this tree has, each compared with its leaf hash.
   * @throws HubError `LOG_TILE_MISSING`, `LOG_TILE_INVALID`, `LOG_TILE_MALFORMED`, `LOG_NODE_MISSING` (beyond the tree)
   */
  async entries(bundle: number): Promise<Buffer[]> {
    const tile = tileOfNode({ level: 0, index: bundle * TILE_WIDTH }, this.size);
    const [hashAt, entries] = await Promise.all([this.#tile(tile), readBundle(tile, this.#read)]);
    entries.forEach((entry, i) => {
      if (hashAt(0, i)?.equals(leafHash(entry)) !== true) {
        throw invalid(`entry ${bundle * TILE_WIDTH + i} is not the one that was logged`);
      }
    });
    return entries;
  }

  /** The hashes of complete subtrees, verified. Ask for all that a computation needs at once. @throws as `inclusionProof` */
  async hashesAt(nodes: readonly NodeAddress[]): Promise<HashAt> {
    const tiles = tilesOfNodes(nodes, this.size);
    const loaded = new Map(
      await Promise.all(tiles.map(async (tile) => [tilePath(tile), await this.#tile(tile)] as const)),
    );
    return hashesInTiles(this.size, (tile) => loaded.get(tilePath(tile)));
  }

  async #tile(tile: TileAddress): Promise<HashAt> {
    const path = tilePath(tile);
    const partial = this.#edge.get(path);
    if (partial !== undefined) return partial;
    const kept = this.#kept.get(path) ?? this.#loadFull(tile);
    this.#kept.delete(path);
    this.#kept.set(path, kept);
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size > TILES_KEPT) this.#kept.delete(oldest);
    try {
      return await kept;
    } catch (error) {
      // The next reader asks again: what failed may have been the connection.
      if (this.#kept.get(path) === kept) this.#kept.delete(path);
      throw error;
    }
  }

  async #loadFull(tile: TileAddress): Promise<HashAt> {
    const [hashAt, above] = await Promise.all([
      readTile(tile, this.#read),
      this.#tile(parentTile(tile, this.size)),
    ]);
    const expected = above(0, tile.index % TILE_WIDTH);
    if (expected === undefined || hashAt(TILE_HEIGHT, 0)?.equals(expected) !== true) {
      throw invalid(`${tilePath(tile)} does not have the hash that the tile above it gives`);
    }
    return hashAt;
  }
}

async function readTile(tile: TileAddress, read: ReadLogFile): Promise<HashAt> {
  return hashesOf(parseHashTile(await readHashTile(tile, read), tile.width));
}

function invalid(reason: string): HubError {
  return new HubError('LOG_TILE_INVALID', reason);
}
