/**
 * The shape of the tree, apart from where its hashes are kept. A hash at (level, index) covers the complete subtree
 * of leaves [index·2^level, (index+1)·2^level); once known it never changes, so it can be stored for ever.
 */
import { HubError } from '#errors';
import { emptyRoot, leafHash, nodeHash, requireCount } from './hash.ts';

/** Address of a complete subtree's hash. Level 0 holds the leaf hashes. */
export interface NodeAddress {
  readonly level: number;
  readonly index: number;
}

/**
 * Where proofs take their hashes from. Asked only for complete subtrees. Stores that answer asynchronously load the
 * addresses of `rootAddresses`, `inclusionAddresses` or `consistencyAddresses` first and wrap the result.
 */
export type HashAt = (level: number, index: number) => Buffer | undefined;

/** Largest power of two strictly smaller than `size` (RFC 6962 §2.1: the split point k). `size` is at least 2. */
export function splitPoint(size: number): number {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}

/**
 * The complete subtrees, left to right, that cover leaves [from, to) when `from` is aligned to the first of them:
 * a compact range.
 */
export function rangeAddresses(from: number, to: number): NodeAddress[] {
  const addresses: NodeAddress[] = [];
  let start = from;
  while (start < to) {
    let level = 0;
    let width = 1;
    while (width * 2 <= to - start && start % (width * 2) === 0) {
      level += 1;
      width *= 2;
    }
    addresses.push({ level, index: start / width });
    start += width;
  }
  return addresses;
}

/** The addresses from which `rootAt` computes the root of the first `size` leaves. */
export function rootAddresses(size: number): NodeAddress[] {
  requireCount(size, 'tree size');
  return rangeAddresses(0, size);
}

/** Hash of the leaves [from, to), `from` < `to`, folded from complete subtrees. */
export function rangeHash(from: number, to: number, hashAt: HashAt): Buffer {
  return foldRange(
    rangeAddresses(from, to).map(({ level, index }) => {
      const hash = hashAt(level, index);
      if (hash === undefined) {
        throw new HubError('LOG_NODE_MISSING', `the log has no hash at level ${level}, index ${index}`);
      }
      return hash;
    }),
  );
}

/** Folds the hashes of a compact range right to left into the hash of the whole. The root of nothing is SHA-256(''). */
export function foldRange(hashes: readonly Buffer[]): Buffer {
  const last = hashes.at(-1);
  if (last === undefined) return emptyRoot();
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/**
 * Root of the first `size` leaves (RFC 6962 §2.1).
 * @throws HubError `LOG_NODE_MISSING` if the store lacks a hash, `LOG_PROOF_MALFORMED` if `size` is no count.
 */
export function rootAt(size: number, hashAt: HashAt): Buffer {
  requireCount(size, 'tree size');
  return size === 0 ? emptyRoot() : rangeHash(0, size, hashAt);
}

/** Root of a list of entries, for short lists: hashes everything (RFC 6962 §2.1, MTH). */
export function merkleRoot(entries: readonly Uint8Array[]): Buffer {
  return rootAt(entries.length, hashesOf(entries.map(leafHash)));
}

/** A `HashAt` over leaf hashes held in memory; inner nodes are computed once and kept. For batches and tests. */
export function hashesOf(leafHashes: readonly Buffer[]): HashAt {
  const levels: (Buffer | undefined)[][] = [[...leafHashes]];
  const hashAt: HashAt = (level, index) => {
    const row = (levels[level] ??= []);
    const known = row[index];
    if (known !== undefined || level === 0) return known;
    const left = hashAt(level - 1, index * 2);
    const right = hashAt(level - 1, index * 2 + 1);
    if (left === undefined || right === undefined) return undefined;
    return (row[index] = nodeHash(left, right));
  };
  return hashAt;
}
