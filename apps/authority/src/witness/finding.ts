/** What a log has shown this witness that does not fit together. */
import { createHash } from 'node:crypto';
import {
  parseCheckpointBody,
  parseNote,
  type ForkEvidence,
  type ParsedCheckpoint,
  type Submission,
  type WitnessDecision,
  type WitnessState,
} from '#tlog';

/**
 * - `two-roots`, `rewritten`, `not-empty`: the log has convicted itself (`ForkEvidence`).
 * - `unexplained`: a larger tree whose proof did not lead there. A question: anyone can send a wrong proof.
 * - `shorter`: a smaller tree than the one cosigned. An old copy of the log, or an old request that came late: the log
 *   settles it by showing again a tree that extends the longest one.
 */
export const FINDING_KINDS = ['two-roots', 'rewritten', 'not-empty', 'unexplained', 'shorter'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Both checkpoints are signed by the log, verbatim. */
export interface Finding {
  readonly kind: FindingKind;
  /** Null for `not-empty`, which one checkpoint shows alone. */
  readonly earlier: Buffer | null;
  readonly later: Buffer;
  /** Of `rewritten`: the root of the later tree at the earlier size, 32 bytes. */
  readonly root: Buffer | null;
  readonly proof: readonly Buffer[];
}

/** What a refused submission leaves behind; null if it was merely wrong. */
export function findingOf(
  decision: Exclude<WitnessDecision, { outcome: 'cosigned' }>,
  { request, checkpoint }: Submission,
  last: WitnessState | null,
): Finding | null {
  if (decision.evidence !== null) return convictionOf(decision.evidence);
  if (decision.outcome === 'refused' && decision.unexplained !== null) {
    return { kind: 'unexplained', ...decision.unexplained, root: null };
  }
  if (last === null || checkpoint.size >= last.size) return null;
  return { kind: 'shorter', earlier: last.note, later: request.checkpoint, root: null, proof: [] };
}

function convictionOf(evidence: ForkEvidence): Finding {
  switch (evidence.kind) {
    case 'not-empty':
      return { kind: evidence.kind, earlier: null, later: evidence.checkpoint, root: null, proof: [] };
    case 'two-roots':
      return { kind: evidence.kind, earlier: evidence.first, later: evidence.second, root: null, proof: [] };
    case 'rewritten':
      return evidence;
  }
}

/** The evidence as whoever has the log's key can verify it; null for what convicts nobody. */
export function evidenceOf({ kind, earlier, later, root, proof }: Finding): ForkEvidence | null {
  if (kind === 'not-empty') return { kind, checkpoint: later };
  if (earlier === null) return null;
  if (kind === 'two-roots') return { kind, first: earlier, second: later };
  return kind === 'rewritten' && root !== null ? { kind, earlier, later, root, proof } : null;
}

export interface ReadFinding extends Finding {
  readonly origin: string;
  readonly earlierSize: number | null;
  readonly laterSize: number;
  /** SHA-256 over kind, sizes and roots: the same finding again has the same, whatever else stands in the notes. */
  readonly digest: Buffer;
}

/** What its checkpoints say; their signatures were checked when they came. */
export function readFinding(finding: Finding): ReadFinding {
  const after = bodyOf(finding.later);
  const before = finding.earlier === null ? null : bodyOf(finding.earlier);
  const said = [before, after].map((one) =>
    one === null ? '-' : `${one.size} ${one.root.toString('base64')}`,
  );
  const digest = createHash('sha256')
    .update([after.origin, finding.kind, ...said].join('\n'))
    .digest();
  const sizes = { earlierSize: before?.size ?? null, laterSize: after.size };
  return { ...finding, origin: after.origin, ...sizes, digest };
}

function bodyOf(note: Buffer): ParsedCheckpoint {
  return parseCheckpointBody(parseNote(note).text);
}
