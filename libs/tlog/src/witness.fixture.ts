/** A log, what it becomes when it is rewritten, and a witness that follows it. */
import {
  consistencyProof,
  cosigner,
  decideSubmission,
  formatAddCheckpoint,
  hashesOf,
  leafHash,
  noteSigner,
  readSubmission,
  rootAt,
  signCheckpoint,
  type AddCheckpointRequest,
  type HashAt,
  type KnownLog,
  type WitnessDecision,
  type WitnessState,
} from './index.ts';
import { HASH_AT } from './reference-vectors.fixture.ts';

export const ORIGIN = 'log.reset-hub.example/cremona';
export const KEY = noteSigner(ORIGIN, Buffer.alloc(32, 1));
export const LOG: KnownLog = { origin: ORIGIN, keys: [KEY.verifier] };
export const WITNESS = cosigner('witness.example', Buffer.alloc(32, 2));
export const NOW = 1_700_000_000;

/** The same log up to 300 entries, another one after that: what a rewrite looks like. */
export const FORKED_LEAVES = Array.from({ length: 1000 }, (_, i) =>
  leafHash(Buffer.from(i < 300 ? `entry ${i}` : `forged ${i}`)),
);
export const FORKED_AT = hashesOf(FORKED_LEAVES);

export function checkpoint(size: number, hashAt: HashAt = HASH_AT): Buffer {
  return signCheckpoint({ origin: ORIGIN, size, root: rootAt(size, hashAt) }, KEY);
}

export function request(oldSize: number, size: number, hashAt: HashAt = HASH_AT): AddCheckpointRequest {
  const proof = oldSize <= size ? consistencyProof(oldSize, size, hashAt) : [];
  return { oldSize, proof, checkpoint: checkpoint(size, hashAt) };
}

export function decide(asked: AddCheckpointRequest, last: WitnessState | null, now = NOW): WitnessDecision {
  return decideSubmission(readSubmission(formatAddCheckpoint(asked), logOf), last, WITNESS, now);
}

export function logOf(origin: string): KnownLog | undefined {
  return origin === ORIGIN ? LOG : undefined;
}

/** What the witness remembers after it has cosigned the true log at this size. */
export function stateAt(size: number): WitnessState {
  const decision = decide(request(0, size), null);
  if (decision.outcome !== 'cosigned') throw new Error(decision.outcome);
  return decision.state;
}

export function refusal(decision: WitnessDecision): Extract<WitnessDecision, { outcome: 'refused' }> {
  if (decision.outcome !== 'refused') throw new Error(decision.outcome);
  return decision;
}
