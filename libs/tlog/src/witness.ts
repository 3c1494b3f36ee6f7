/** A witness's judgement of `add-checkpoint` (c2sp.org/tlog-witness), as pure functions. */
import { createHash } from 'node:crypto';
import { HubError } from '#errors';
import {
  formatCosignatures,
  formatSize,
  parseAddCheckpoint,
  SIZE_CONTENT_TYPE,
  type AddCheckpointRequest,
} from './add-checkpoint.ts';
import { openCheckpoint, type KnownLog, type VerifiedCheckpoint } from './checkpoint.ts';
import type { Cosigner } from './cosignature.ts';
import { forkInProof, forkOfOneSize, type ForkEvidence, type UnexplainedGrowth } from './fork-evidence.ts';
import { emptyRoot } from './hash.ts';
import { formatNote, isKeyOf, parseNote } from './note.ts';
import { verifyConsistency } from './verify.ts';

/** All that a witness remembers of a log: its latest cosigned checkpoint. */
export interface WitnessState {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
  /** Time of the cosignature, POSIX seconds. */
  readonly time: number;
  /** The checkpoint with the log's signatures and this witness's: what `<origin hash>/checkpoint` serves. */
  readonly note: Buffer;
}

/** A request whose checkpoint is signed by a log that the witness knows. */
export interface Submission {
  readonly request: AddCheckpointRequest;
  readonly log: KnownLog;
  readonly checkpoint: VerifiedCheckpoint;
}

/** Names a log in the path `<monitoring prefix>/<origin hash>/checkpoint`, where a witness serves `WitnessState.note`. */
export function originHash(origin: string): string {
  return createHash('sha256').update(origin, 'utf8').digest('hex');
}

export interface WitnessAnswer {
  readonly status: 200 | 409;
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * - `cosigned`: answer only once `state` is stored, in place of the state of size `replaces` (null: none) **and of no
 *   other**, in one atomic step. If that fails, somebody else was faster: decide again.
 * - `conflict`: the log named another size than the one stored.
 * - `refused`: answer `error` with the status of its code, 400 or 422.
 *
 * `evidence` proves a fork and is to be kept and shown before anything is answered; `unexplained` is to be asked after.
 */
export type WitnessDecision =
  | {
      readonly outcome: 'cosigned';
      readonly answer: WitnessAnswer;
      readonly state: WitnessState;
      readonly replaces: number | null;
    }
  | {
      readonly outcome: 'conflict';
      readonly answer: WitnessAnswer;
      readonly error: HubError;
      readonly evidence: ForkEvidence | null;
    }
  | {
      readonly outcome: 'refused';
      readonly error: HubError;
      readonly evidence: ForkEvidence | null;
      readonly unexplained: UnexplainedGrowth | null;
    };

/**
 * Reads a request and checks who has signed its checkpoint.
 * @param logOf the log of an origin, or undefined if the witness does not follow it
 * @throws HubError whose HTTP status is the answer: `WITNESS_REQUEST_MALFORMED` (400), `WITNESS_LOG_UNKNOWN` (404),
 *   `WITNESS_SIGNATURE_REFUSED` (403)
 */
export function readSubmission(body: Buffer, logOf: (origin: string) => KnownLog | undefined): Submission {
  const request = parseAddCheckpoint(body);
  const origin = originOf(request.checkpoint);
  const log = logOf(origin);
  if (log === undefined) {
    throw new HubError('WITNESS_LOG_UNKNOWN', `this witness does not follow a log ${origin}`);
  }
  try {
    return { request, log, checkpoint: openCheckpoint(request.checkpoint, log) };
  } catch (cause) {
    throw submissionError(cause);
  }
}

/**
 * Judges a submission by what this witness has cosigned before.
 * @param last the stored state of the submission's origin; null if it has never cosigned a checkpoint of it
 * @param now POSIX time, whole seconds
 */
export function decideSubmission(
  submission: Submission,
  last: WitnessState | null,
  cosigner: Cosigner,
  now: number,
): WitnessDecision {
  const { request, checkpoint } = submission;
  if (request.oldSize > checkpoint.size) {
    return refused('WITNESS_REQUEST_MALFORMED', `old size ${request.oldSize} exceeds ${checkpoint.size}`);
  }
  if (request.oldSize !== (last?.size ?? 0)) return conflict(submission, last);
  if (checkpoint.size === 0 && !checkpoint.root.equals(emptyRoot())) {
    const reason = 'the root of an empty tree is not that of nothing';
    return refused('LOG_CONSISTENCY_INVALID', reason, {
      evidence: { kind: 'not-empty', checkpoint: request.checkpoint },
    });
  }
  try {
    verifyConsistency(
      {
        firstSize: request.oldSize,
        firstRoot: last?.root ?? emptyRoot(),
        secondSize: checkpoint.size,
        secondRoot: checkpoint.root,
      },
      request.proof,
    );
  } catch (cause) {
    return inconsistent(submission, last, cause);
  }
  return cosigned(submission, last, cosigner, now);
}

function cosigned(
  { request, log, checkpoint }: Submission,
  last: WitnessState | null,
  cosigner: Cosigner,
  now: number,
): WitnessDecision {
  const { text, signatures } = parseNote(request.checkpoint);
  // A cosignature says that no larger tree was seen up to its time: with a clock set back, it keeps the last one's.
  const time = Math.max(now, last?.time ?? 0);
  const cosignature = cosigner.cosign(text, time);
  // One line a key: whoever sends a checkpoint may have repeated them until no note has room for ours.
  const byLog = log.keys.flatMap((key) => signatures.find((line) => isKeyOf(key, line)) ?? []);
  const { origin, size, root } = checkpoint;
  return {
    outcome: 'cosigned',
    answer: {
      status: 200,
      contentType: 'text/plain; charset=utf-8',
      body: formatCosignatures([cosignature]),
    },
    state: { origin, size, root, time, note: formatNote(text, [...byLog, cosignature]) },
    replaces: last?.size ?? null,
  };
}

function conflict({ request, checkpoint }: Submission, last: WitnessState | null): WitnessDecision {
  const size = last?.size ?? 0;
  return {
    outcome: 'conflict',
    answer: { status: 409, contentType: SIZE_CONTENT_TYPE, body: formatSize(size) },
    error: new HubError(
      'WITNESS_SIZE_CONFLICT',
      `the latest checkpoint of ${checkpoint.origin} cosigned here has size ${size}, not ${request.oldSize}`,
    ),
    // The request failed before roots are compared, but two roots of one size are evidence wherever they are seen.
    evidence: last === null ? null : forkOfOneSize(last.note, request.checkpoint),
  };
}

function inconsistent(
  { request, checkpoint }: Submission,
  last: WitnessState | null,
  cause: unknown,
): WitnessDecision {
  const reason = `the checkpoint of size ${checkpoint.size} was not shown to extend that of ${request.oldSize}`;
  // From nothing, every tree is an extension: then only the proof, which must be empty, was wrong.
  if (last === null || last.size === 0) return refused('LOG_CONSISTENCY_INVALID', reason, { cause });
  const growth = { earlier: last.note, later: request.checkpoint, proof: request.proof };
  const evidence = forkOfOneSize(growth.earlier, growth.later) ?? forkInProof(growth);
  const sameTree = last.size === checkpoint.size && last.root.equals(checkpoint.root);
  return refused('LOG_CONSISTENCY_INVALID', reason, {
    cause,
    evidence,
    unexplained: evidence === null && !sameTree ? growth : null,
  });
}

function refused(
  code: 'WITNESS_REQUEST_MALFORMED' | 'LOG_CONSISTENCY_INVALID',
  reason: string,
  more: {
    readonly cause?: unknown;
    readonly evidence?: ForkEvidence | null;
    readonly unexplained?: UnexplainedGrowth | null;
  } = {},
): WitnessDecision {
  const error = new HubError(code, reason, { cause: more.cause });
  return {
    outcome: 'refused',
    error,
    evidence: more.evidence ?? null,
    unexplained: more.unexplained ?? null,
  };
}

function originOf(checkpoint: Buffer): string {
  try {
    const [origin = ''] = parseNote(checkpoint).text.split('\n', 1);
    return origin;
  } catch (cause) {
    throw submissionError(cause);
  }
}

/** What is wrong with a submitted checkpoint, as the specification tells it: 403 for its signature, 400 for its form. */
function submissionError(cause: unknown): HubError {
  if (!(cause instanceof HubError)) throw cause;
  const ofSignature = cause.code === 'LOG_SIGNATURE_INVALID' || cause.code === 'LOG_KEY_UNKNOWN';
  return ofSignature
    ? new HubError('WITNESS_SIGNATURE_REFUSED', cause.message, { cause })
    : new HubError('WITNESS_REQUEST_MALFORMED', cause.message, { cause });
}
