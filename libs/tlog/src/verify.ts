/** Checking proofs. Every field is hostile: each refusal is a typed error, and no input makes it loop or overflow. */
import { HubError } from '#errors';
import { emptyRoot, nodeHash, requireCount, requireHashes } from './hash.ts';

/** Halves a count, dropping the remainder. Bit operators would cut sizes above 2^31. */
function half(value: number): number {
  return Math.floor(value / 2);
}

/**
 * The root that an inclusion proof leads to. RFC 9162 §2.1.3.2. Exactly one length of `proof` is accepted for each
 * (index, size), so a proof cannot be padded.
 * @throws HubError `LOG_PROOF_MALFORMED`
 */
export function rootFromInclusion(
  leaf: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
): Buffer {
  requireCount(index, 'leaf index');
  requireCount(size, 'tree size');
  requireHashes([leaf, ...proof], 'inclusion proof');
  if (index >= size) throw new HubError('LOG_PROOF_MALFORMED', `leaf ${index} is not in a tree of ${size}`);
  let fn = index;
  let sn = size - 1;
  let root = leaf;
  for (const hash of proof) {
    if (sn === 0) throw new HubError('LOG_PROOF_MALFORMED', 'the inclusion proof is too long');
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(hash, root);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      root = nodeHash(root, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (sn !== 0) throw new HubError('LOG_PROOF_MALFORMED', 'the inclusion proof is too short');
  return root;
}

/**
 * Checks that `leaf` is at `index` of the tree with this size and root. RFC 9162 §2.1.3.2.
 * @throws HubError `LOG_PROOF_MALFORMED` if the proof has the wrong shape, `LOG_INCLUSION_INVALID` if it leads elsewhere.
 */
export function verifyInclusion(
  leaf: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
  root: Buffer,
): void {
  if (!rootFromInclusion(leaf, index, size, proof).equals(root)) {
    throw new HubError('LOG_INCLUSION_INVALID', `the proof does not place the leaf at ${index} of ${size}`);
  }
}

/** Checks that the larger tree begins with the smaller. RFC 9162 §2.1.4.2. */
export interface ConsistencyClaim {
  readonly firstSize: number;
  readonly firstRoot: Buffer;
  readonly secondSize: number;
  readonly secondRoot: Buffer;
}

/**
 * @throws HubError `LOG_PROOF_MALFORMED` if the proof has the wrong shape, `LOG_CONSISTENCY_INVALID` if the second
 *   tree does not begin with the first.
 */
export function verifyConsistency(claim: ConsistencyClaim, proof: readonly Buffer[]): void {
  const { firstSize, firstRoot, secondSize, secondRoot } = claim;
  requireCount(firstSize, 'first tree size');
  requireCount(secondSize, 'second tree size');
  requireHashes([firstRoot, secondRoot, ...proof], 'consistency proof');
  if (firstSize > secondSize) {
    throw new HubError('LOG_CONSISTENCY_INVALID', `the log shrank from ${firstSize} to ${secondSize}`);
  }
  if (firstSize === 0 || firstSize === secondSize) {
    if (proof.length !== 0) throw new HubError('LOG_PROOF_MALFORMED', 'this consistency proof must be empty');
    const expected = firstSize === secondSize ? secondRoot : emptyRoot();
    const emptyIsEmpty = secondSize !== 0 || secondRoot.equals(emptyRoot());
    if (!firstRoot.equals(expected) || !emptyIsEmpty) throw inconsistent(claim);
    return;
  }
  const roots = rootsFromConsistency(claim, proof);
  if (!roots.first.equals(firstRoot) || !roots.second.equals(secondRoot)) throw inconsistent(claim);
}

function inconsistent(claim: ConsistencyClaim): HubError {
  return new HubError(
    'LOG_CONSISTENCY_INVALID',
    `the tree of ${claim.secondSize} does not begin with the tree of ${claim.firstSize}`,
  );
}

/**
 * Both roots that a proof for 0 < firstSize < secondSize leads to, unchecked. RFC 9162 §2.1.4.2. The first is
 * `firstRoot` itself if `firstSize` is a power of two.
 * @throws HubError `LOG_PROOF_MALFORMED` if the proof has the wrong shape
 */
export function rootsFromConsistency(
  { firstSize, firstRoot, secondSize }: ConsistencyClaim,
  proof: readonly Buffer[],
): { first: Buffer; second: Buffer } {
  let fn = firstSize - 1;
  let sn = secondSize - 1;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  // A first size that is a power of two is itself a subtree of the second: its root starts the proof (step 2).
  const path = fn === 0 ? [firstRoot, ...proof] : proof;
  const [start, ...rest] = path;
  if (start === undefined) throw new HubError('LOG_PROOF_MALFORMED', 'the consistency proof is too short');
  let first = start;
  let second = start;
  for (const hash of rest) {
    if (sn === 0) throw new HubError('LOG_PROOF_MALFORMED', 'the consistency proof is too long');
    if (fn % 2 === 1 || fn === sn) {
      first = nodeHash(hash, first);
      second = nodeHash(hash, second);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      second = nodeHash(second, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (sn !== 0) throw new HubError('LOG_PROOF_MALFORMED', 'the consistency proof is too short');
  return { first, second };
}
