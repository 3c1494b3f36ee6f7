/** Making proofs (RFC 9162 §2.1.3.1 and §2.1.4.1) from the hashes of complete subtrees. */
import { HubError } from '#errors';
import { requireCount } from './hash.ts';
import { rangeAddresses, rangeHash, splitPoint, type HashAt, type NodeAddress } from './tree.ts';

/** A run of leaves [from, to) whose hash is one element of a proof. */
interface LeafRun {
  readonly from: number;
  readonly to: number;
}

function inclusionRuns(index: number, size: number): LeafRun[] {
  requireCount(index, 'leaf index');
  requireCount(size, 'tree size');
  if (index >= size) throw new HubError('LOG_PROOF_MALFORMED', `leaf ${index} is not in a tree of ${size}`);
  const runs: LeafRun[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      runs.push({ from: middle, to });
      to = middle;
    } else {
      runs.push({ from, to: middle });
      from = middle;
    }
  }
  return runs.reverse();
}

function consistencyRuns(first: number, second: number): LeafRun[] {
  requireCount(first, 'first tree size');
  requireCount(second, 'second tree size');
  if (first > second) {
    throw new HubError('LOG_PROOF_MALFORMED', `a tree of ${second} cannot extend one of ${first}`);
  }
  if (first === 0 || first === second) return [];
  const runs: LeafRun[] = [];
  let from = 0;
  let to = second;
  // Down to the subtree that ends exactly at `first` (RFC 9162 §2.1.4.1, SUBPROOF).
  while (first !== to) {
    const middle = from + splitPoint(to - from);
    if (first <= middle) {
      runs.push({ from: middle, to });
      to = middle;
    } else {
      runs.push({ from, to: middle });
      from = middle;
    }
  }
  // The verifier knows the old root; any other starting subtree has to be given.
  if (from !== 0) runs.push({ from, to });
  return runs.reverse();
}

function addressesOf(runs: readonly LeafRun[]): NodeAddress[] {
  return runs.flatMap(({ from, to }) => rangeAddresses(from, to));
}

/** The addresses that `inclusionProof` asks for: load them with one query, then prove. */
export function inclusionAddresses(index: number, size: number): NodeAddress[] {
  return addressesOf(inclusionRuns(index, size));
}

/** The addresses that `consistencyProof` asks for. */
export function consistencyAddresses(first: number, second: number): NodeAddress[] {
  return addressesOf(consistencyRuns(first, second));
}

/**
 * Hashes from the leaf's sibling up to the root's child. RFC 9162 §2.1.3.1.
 * @throws HubError `LOG_PROOF_MALFORMED` if the leaf is not in the tree, `LOG_NODE_MISSING`.
 */
export function inclusionProof(index: number, size: number, hashAt: HashAt): Buffer[] {
  return inclusionRuns(index, size).map(({ from, to }) => rangeHash(from, to, hashAt));
}

/**
 * Proof that the tree of `second` leaves begins with the tree of `first`. Empty when `first` is 0 or both are equal.
 * RFC 9162 §2.1.4.1.
 * @throws HubError `LOG_PROOF_MALFORMED` if `first` exceeds `second`, `LOG_NODE_MISSING`.
 */
export function consistencyProof(first: number, second: number, hashAt: HashAt): Buffer[] {
  return consistencyRuns(first, second).map(({ from, to }) => rangeHash(from, to, hashAt));
}
