/** What a signed checkpoint says against those that were seen before. */
import type { ErrorCode } from '#errors';
import {
  emptyRoot,
  forkInTiles,
  parseCheckpointBody,
  parseNote,
  VerifiedTiles,
  type ForkEvidence,
  type ReadLogFile,
  type VerifiedCheckpoint,
} from '#tlog';

/** A checkpoint whose signature was checked, with its bytes. */
export interface SignedHead extends Pick<VerifiedCheckpoint, 'size' | 'root'> {
  readonly note: Buffer;
}

export type Comparison =
  /** Nothing new: it was seen. */
  | { readonly kind: 'known' }
  /** It continues the newest one. */
  | { readonly kind: 'continues' }
  /** It is older than the newest one, and a beginning of it. */
  | { readonly kind: 'older' }
  /** The log has signed what cannot be of one history. */
  | { readonly kind: 'fork'; readonly code: ErrorCode; readonly evidence: ForkEvidence }
  /** It is smaller than the newest one, and nothing contradicts it but that. */
  | { readonly kind: 'shorter' };

export interface SeenBefore {
  /** The newest one that was accepted; null before the first. */
  readonly head: SignedHead | null;
  /** Others of the same history. */
  readonly seen: readonly SignedHead[];
  /** For the log's tiles; null where they may not be read: then only what two checkpoints of one size say is known. */
  readonly read: ReadLogFile | null;
}

/**
 * Compares a signed checkpoint with what was seen before, by the log's own tiles.
 * @param isNewest whether the log shows it as its newest one: then it may not be smaller than before
 * @throws HubError of `VerifiedTiles`: a log that does not serve the tiles of what it has signed
 */
export async function compareCheckpoint(
  given: SignedHead,
  before: SeenBefore,
  isNewest: boolean,
): Promise<Comparison> {
  if (given.size === 0 && !given.root.equals(emptyRoot()))
    return {
      kind: 'fork',
      code: 'AUDIT_LOG_FORKED',
      evidence: { kind: 'not-empty', checkpoint: given.note },
    };
  const ofSameSize = [...before.seen, ...(before.head === null ? [] : [before.head])].filter(
    ({ size }) => size === given.size,
  );
  const other = ofSameSize.find(({ root }) => !root.equals(given.root));
  if (other !== undefined) return twoRoots(other, given);
  const { head } = before;
  if (head === null) return await opened(given, before);
  if (given.size < head.size) return await smaller(given, head, before, isNewest);
  if (ofSameSize.length > 0) return { kind: 'known' };
  const fork = before.read === null ? null : await forkBetween(head, given, before.read);
  return fork ?? { kind: 'continues' };
}

/** A checkpoint that was verified when it was accepted. */
export function headOf(note: Buffer): SignedHead {
  const { size, root } = parseCheckpointBody(parseNote(note).text);
  return { size, root, note };
}

/** The first one: there is nothing to compare it with but its own tiles. */
async function opened(given: SignedHead, { read }: SeenBefore): Promise<Comparison> {
  if (read !== null) await VerifiedTiles.open(given, read);
  return { kind: 'continues' };
}

async function smaller(
  given: SignedHead,
  head: SignedHead,
  { seen, read }: SeenBefore,
  isNewest: boolean,
): Promise<Comparison> {
  const wasSeen = seen.some(({ size }) => size === given.size);
  if (!isNewest) {
    if (wasSeen || read === null) return { kind: wasSeen ? 'known' : 'older' };
    return (await forkBetween(given, head, read)) ?? { kind: 'older' };
  }
  // A log that was put back and has gone another way contradicts what was seen from before the place to which it was put back.
  const [last] = seen.filter(({ size }) => size > 0 && size < given.size).toSorted((a, b) => b.size - a.size);
  const fork = wasSeen || last === undefined || read === null ? null : await forkBetween(last, given, read);
  return fork ?? { kind: 'shorter' };
}

async function forkBetween(
  earlier: SignedHead,
  later: SignedHead,
  read: ReadLogFile,
): Promise<Extract<Comparison, { kind: 'fork' }> | null> {
  const evidence = await forkInTiles({ earlier: earlier.note, later: later.note }, read);
  return evidence === null ? null : { kind: 'fork', code: 'LOG_CONSISTENCY_INVALID', evidence };
}

function twoRoots(first: SignedHead, second: SignedHead): Comparison {
  const evidence = { kind: 'two-roots', first: first.note, second: second.note } as const;
  return { kind: 'fork', code: 'AUDIT_LOG_FORKED', evidence };
}
