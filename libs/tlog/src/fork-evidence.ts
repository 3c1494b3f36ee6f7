/**
 * Evidence that a log contradicts itself: signed checkpoints that cannot all be of one append-only log. Whoever has the
 * log's key can verify it, at any time, with no word from anybody; the log cannot take its signatures back.
 */
import { HubError } from '#errors';
import { openCheckpoint, type KnownLog, type VerifiedCheckpoint } from './checkpoint.ts';
import { parseCheckpointBody } from './checkpoint-body.ts';
import { emptyRoot } from './hash.ts';
import type { ReadLogFile } from './log-files.ts';
import { parseNote } from './note.ts';
import { rootsFromConsistency, verifyConsistency } from './verify.ts';
import { VerifiedTiles } from './verified-tiles.ts';

export type ForkEvidence =
  /** Two checkpoints of one size with different roots. */
  | { readonly kind: 'two-roots'; readonly first: Buffer; readonly second: Buffer }
  /** The larger tree begins with another tree than the one that was signed at the smaller size. */
  | {
      readonly kind: 'rewritten';
      readonly earlier: Buffer;
      readonly later: Buffer;
      /** Root of the first leaves of the later tree, as many as the earlier one has. 32 bytes. */
      readonly root: Buffer;
      /** Consistency proof from that root to the later checkpoint. */
      readonly proof: readonly Buffer[];
    }
  /** A checkpoint of size 0 whose root is not that of nothing. */
  | { readonly kind: 'not-empty'; readonly checkpoint: Buffer };

/**
 * Two signed checkpoints that a proof did not connect. That proves nothing against the log, because anybody may send a
 * wrong proof; it is a question that the log has to answer: `forkInTiles` asks it.
 */
export interface UnexplainedGrowth {
  readonly earlier: Buffer;
  readonly later: Buffer;
  /** The proof that was given. */
  readonly proof: readonly Buffer[];
}

/** What the evidence says, checked. The same checkpoint twice if there is but one. */
export interface ProvenFork {
  readonly earlier: VerifiedCheckpoint;
  readonly later: VerifiedCheckpoint;
}

/**
 * Checks evidence against the log's keys alone.
 * @throws HubError `LOG_FORK_NOT_SHOWN` if what is signed does not contradict itself, or as `openCheckpoint`
 */
export function verifyFork(evidence: ForkEvidence, log: KnownLog): ProvenFork {
  switch (evidence.kind) {
    case 'not-empty': {
      const only = openCheckpoint(evidence.checkpoint, log);
      if (only.size !== 0 || only.root.equals(emptyRoot())) throw notShown('an empty tree with its own root');
      return { earlier: only, later: only };
    }
    case 'two-roots': {
      const earlier = openCheckpoint(evidence.first, log);
      const later = openCheckpoint(evidence.second, log);
      if (earlier.size !== later.size || earlier.root.equals(later.root)) {
        throw notShown('the checkpoints do not have one size and two roots');
      }
      return { earlier, later };
    }
    case 'rewritten': {
      const earlier = openCheckpoint(evidence.earlier, log);
      const later = openCheckpoint(evidence.later, log);
      requireRewritten(earlier, later, evidence.root, evidence.proof);
      return { earlier, later };
    }
  }
}

/**
 * What two checkpoints, whose signatures were checked, prove by themselves: two roots of one size. Null: nothing.
 * @throws HubError as `parseNote` and `parseCheckpointBody`
 */
export function forkOfOneSize(first: Buffer, second: Buffer): ForkEvidence | null {
  const [one, two] = [bodyOf(first), bodyOf(second)];
  return one.size === two.size && !one.root.equals(two.root) ? { kind: 'two-roots', first, second } : null;
}

/**
 * What a consistency proof that failed proves all the same. A log that was rewritten and proves its new tree honestly
 * names the root that its tree had at the earlier size: another than the one it signed. Null if the proof leads nowhere,
 * and for an earlier size that is a power of two, whose root is not in the proof.
 */
export function forkInProof({ earlier, later, proof }: UnexplainedGrowth): ForkEvidence | null {
  const [first, second] = [bodyOf(earlier), bodyOf(later)];
  if (first.size === 0 || first.size >= second.size) return null;
  const claim = {
    firstSize: first.size,
    firstRoot: first.root,
    secondSize: second.size,
    secondRoot: second.root,
  };
  try {
    const roots = rootsFromConsistency(claim, proof);
    if (!roots.second.equals(second.root) || roots.first.equals(first.root)) return null;
    return { kind: 'rewritten', earlier, later, root: roots.first, proof };
  } catch (error) {
    if (error instanceof HubError && error.code === 'LOG_PROOF_MALFORMED') return null;
    throw error;
  }
}

/**
 * Answers an open question with the log's tiles: evidence if it was rewritten, null if it only grew.
 * @throws HubError as `VerifiedTiles`: a log that does not serve the tiles of what it has signed has not answered
 */
export async function forkInTiles(
  { earlier, later }: Pick<UnexplainedGrowth, 'earlier' | 'later'>,
  read: ReadLogFile,
): Promise<ForkEvidence | null> {
  const { size, root } = bodyOf(earlier);
  const tiles = await VerifiedTiles.open(bodyOf(later), read);
  const actual = await tiles.rootAt(size);
  if (actual.equals(root)) return null;
  if (size === tiles.size) return { kind: 'two-roots', first: earlier, second: later };
  return { kind: 'rewritten', earlier, later, root: actual, proof: await tiles.consistencyProof(size) };
}

function requireRewritten(
  earlier: VerifiedCheckpoint,
  later: VerifiedCheckpoint,
  root: Buffer,
  proof: readonly Buffer[],
): void {
  if (earlier.size === 0 || earlier.size >= later.size || root.equals(earlier.root)) {
    throw notShown('the later tree may well begin with the earlier one');
  }
  const claim = { firstSize: earlier.size, firstRoot: root, secondSize: later.size, secondRoot: later.root };
  try {
    verifyConsistency(claim, proof);
  } catch (cause) {
    throw notShown('the proof does not lead to the later checkpoint', cause);
  }
}

function bodyOf(checkpoint: Buffer): { readonly size: number; readonly root: Buffer } {
  return parseCheckpointBody(parseNote(checkpoint).text);
}

function notShown(reason: string, cause?: unknown): HubError {
  return new HubError('LOG_FORK_NOT_SHOWN', `no evidence of a fork: ${reason}`, { cause });
}
