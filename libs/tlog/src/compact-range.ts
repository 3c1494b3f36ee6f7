import { HubError } from '#errors';
import { nodeHash, requireCount, requireHashes } from './hash.ts';
import { foldRange, rootAddresses, type NodeAddress } from './tree.ts';

/** A hash that became final with an append, to be stored at its address. */
export interface StoredNode extends NodeAddress {
  readonly hash: Buffer;
}

/**
 * The right edge of an append-only tree: enough to append and to know the root, in O(log size) memory.
 * Its hashes are those at `rootAddresses(size)`, largest subtree first.
 */
export class CompactRange {
  #size: number;
  readonly #hashes: Buffer[];

  private constructor(size: number, hashes: readonly Buffer[]) {
    this.#size = size;
    this.#hashes = [...hashes];
  }

  static empty(): CompactRange {
    return new CompactRange(0, []);
  }

  /**
   * Resumes from stored hashes.
   * @throws HubError `LOG_PROOF_MALFORMED` if their number does not fit `size` or one is not 32 bytes.
   */
  static from(size: number, hashes: readonly Buffer[]): CompactRange {
    requireCount(size, 'tree size');
    requireHashes(hashes, 'compact range');
    const wanted = rootAddresses(size).length;
    if (hashes.length !== wanted) {
      throw new HubError(
        'LOG_PROOF_MALFORMED',
        `a compact range of size ${size} has ${wanted} hashes, got ${hashes.length}`,
      );
    }
    return new CompactRange(size, hashes);
  }

  get size(): number {
    return this.#size;
  }

  get hashes(): readonly Buffer[] {
    return [...this.#hashes];
  }

  /** Appends one leaf hash. Returns every hash that became final, the leaf's own first, for the store. */
  append(leaf: Buffer): StoredNode[] {
    requireHashes([leaf], 'leaf');
    const nodes: StoredNode[] = [{ level: 0, index: this.#size, hash: leaf }];
    let hash = leaf;
    let index = this.#size;
    // Each trailing 1 bit of the old size is a complete left sibling waiting at that level.
    for (let level = 1; index % 2 === 1; level += 1) {
      const left = this.#hashes.pop();
      if (left === undefined) throw new HubError('LOG_NODE_MISSING', `compact range lost level ${level - 1}`);
      hash = nodeHash(left, hash);
      index = (index - 1) / 2;
      nodes.push({ level, index, hash });
    }
    this.#hashes.push(hash);
    this.#size += 1;
    return nodes;
  }

  /** Root of the leaves so far (RFC 6962 §2.1). */
  root(): Buffer {
    return foldRange(this.#hashes);
  }
}
