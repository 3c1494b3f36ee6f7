/** RFC 6962 §2.1 hashing: leaves and nodes are told apart by a prefix byte, so neither can pass for the other. */
import { createHash, hash } from 'node:crypto';
import { HubError } from '#errors';

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = Buffer.from([0x00]);
/** What a node is the hash of, written anew for each: 0x01 ‖ left ‖ right. */
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/** Hashes that lie one behind the other, as views of their bytes; what is left over at the end is none. */
export function hashesIn(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / HASH_BYTES) }, (_, nth) =>
    bytes.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES),
  );
}

/** SHA-256(0x00 ‖ entry), 32 bytes. RFC 6962 §2.1. */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(LEAF_PREFIX).update(entry).digest();
}

/**
 * SHA-256(0x01 ‖ left ‖ right), 32 bytes. RFC 6962 §2.1. As one call, with the digest as a string of bytes: a third of
 * what a `Hash` and a Buffer of its own take, and a tree is made of nothing else.
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) {
    throw new HubError('LOG_PROOF_MALFORMED', `a node is made of two hashes of ${HASH_BYTES} bytes`);
  }
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return Buffer.from(hash('sha256', NODE, 'binary'), 'latin1');
}

/** Root of the empty tree: SHA-256 of nothing. A fresh copy each time, so that nobody can alter it for others. */
export function emptyRoot(): Buffer {
  return createHash('sha256').digest();
}

/** @throws HubError `LOG_PROOF_MALFORMED` if any of `hashes` is not 32 bytes long. */
export function requireHashes(hashes: readonly Uint8Array[], what: string): void {
  const wrong = hashes.findIndex((hash) => hash.length !== HASH_BYTES);
  if (wrong >= 0) {
    throw new HubError('LOG_PROOF_MALFORMED', `${what}: hash ${wrong} is not ${HASH_BYTES} bytes long`);
  }
}

/** @throws HubError `LOG_PROOF_MALFORMED` if `value` is not a whole number from 0 to 2^53−1. */
export function requireCount(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new HubError('LOG_PROOF_MALFORMED', `${what} must be a whole number from 0, got ${value}`);
  }
}
