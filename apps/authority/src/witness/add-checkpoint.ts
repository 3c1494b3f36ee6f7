import type { X509Certificate } from 'node:crypto';
import { HubError } from '#errors';
import { callingHolder, type CallerRegistry } from '#peers';
import type { Tx } from '#persistence';
import { decideSubmission, readSubmission, type KnownLog, type Submission, type WitnessAnswer } from '#tlog';
import type { NodeParts } from '../node-parts.ts';
import { findingOf, readFinding } from './finding.ts';
import { keepFinding, settleShorter } from './finding-store.ts';
import type { WitnessSettings } from './witness-config.ts';
import { lockWitnessState, replaceWitnessState } from './witness-state.ts';

/** How often a submission is judged again because another one was quicker. */
const MAX_ATTEMPTS = 5;

/** What came of a submission, once everything that it needs is stored. */
type Verdict = { readonly answer: WitnessAnswer } | { readonly error: HubError };

export interface AddCheckpointParts extends Pick<NodeParts, 'work' | 'clock' | 'ids'> {
  readonly registry: CallerRegistry;
  /** Null at a node that is no witness. */
  readonly witness: WitnessSettings | null;
  /** Told that something was refused that is kept. */
  readonly found: () => void;
}

/**
 * `add-checkpoint` of c2sp.org/tlog-witness: cosigns a log's checkpoint if it extends the one cosigned before. What the
 * cosignature says is stored before anybody gets it, in place of the state from which it was judged and of no other: two
 * processes, or a process that dies in between, never cosign two histories. What was refused is kept first, too.
 */
export class AddCheckpoint {
  readonly #parts: AddCheckpointParts;

  constructor(parts: AddCheckpointParts) {
    this.#parts = parts;
  }

  /**
   * For the node of a log.
   * @param body as `formatAddCheckpoint` writes it
   * @throws HubError `PEER_NOT_RECOGNISED`, and as `submit`
   */
  async run(caller: X509Certificate, body: Buffer): Promise<WitnessAnswer> {
    const { registry, clock } = this.#parts;
    callingHolder(registry, caller, 'auditor', clock.now());
    return this.submit(body);
  }

  /**
   * @returns what to answer: 200 with the cosignature, or 409 with the size that is known here
   * @throws HubError whose status is the answer: `WITNESS_REQUEST_MALFORMED` (400), `WITNESS_SIGNATURE_REFUSED` (403),
   *   `WITNESS_LOG_UNKNOWN` (404), `LOG_CONSISTENCY_INVALID` (422); `TRANSACTION_CONFLICT`, `DATABASE_UNAVAILABLE`
   */
  async submit(body: Buffer): Promise<WitnessAnswer> {
    const { witness, work } = this.#parts;
    const submission = readSubmission(body, (origin) => logOf(witness, origin));
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const verdict = await work.run((tx) => this.#judge(tx, submission));
      if (verdict === null) continue;
      if ('error' in verdict) throw verdict.error;
      return verdict.answer;
    }
    throw new HubError('TRANSACTION_CONFLICT', 'others were quicker, again and again');
  }

  /** @returns null if another submission was quicker: then nothing was changed */
  async #judge(tx: Tx, submission: Submission): Promise<Verdict | null> {
    const { witness, clock, ids, found } = this.#parts;
    if (witness === null) throw unknown(submission.log.origin);
    const now = clock.now();
    const last = await lockWitnessState(tx, submission.log.origin);
    const decision = decideSubmission(submission, last, witness.cosigner, Math.floor(now.getTime() / 1000));
    if (decision.outcome === 'cosigned') {
      if (!(await replaceWitnessState(tx, decision.state, last))) return null;
      settleShorter(tx, submission.log.origin, now);
      return { answer: decision.answer };
    }
    const finding = findingOf(decision, submission, last);
    if (finding !== null) {
      const isNew = await keepFinding(tx, readFinding(finding), { id: ids.uuidv7(), now });
      if (isNew) tx.afterCommit(found);
    }
    return decision.outcome === 'conflict' ? { answer: decision.answer } : { error: decision.error };
  }
}

function logOf(witness: WitnessSettings | null, origin: string): KnownLog | undefined {
  return witness?.logs.find((log) => log.origin === origin);
}

function unknown(origin: string): HubError {
  return new HubError('WITNESS_LOG_UNKNOWN', `this node is no witness of ${origin}`);
}
