import { HubError } from '#errors';
import { refusalCode, type Neighbour, type PeerClient, type PeerReply } from '#peers';
import type { UnitOfWork } from '#persistence';
import {
  addCosignatures,
  consistencyAddresses,
  consistencyProof,
  formatAddCheckpoint,
  parseSize,
  type KnownLog,
  type NoteVerifier,
} from '#tlog';
import type { PublishedCheckpoint } from '../log/checkpoints.ts';
import { loadHashes } from '../log/node-hashes.ts';

/** What a witness has answered. */
export type Submitted =
  | {
      readonly outcome: 'cosigned';
      /** POSIX seconds, by the witness's clock. */
      readonly time: number;
      /** The signature line, verified. */
      readonly line: Buffer;
    }
  /** It has cosigned another size last: prove from there. */
  | { readonly outcome: 'elsewhere'; readonly size: number }
  /** It has cosigned a larger tree, or says that this one does not extend its own: what it has must be looked at. */
  | { readonly outcome: 'refused'; readonly error: HubError };

/** One checkpoint, shown to many: proofs from one size are made once. */
export class Showing {
  readonly checkpoint: PublishedCheckpoint;
  readonly #work: UnitOfWork;
  readonly #proofs = new Map<number, Promise<Buffer[]>>();

  constructor(work: UnitOfWork, checkpoint: PublishedCheckpoint) {
    this.#work = work;
    this.checkpoint = checkpoint;
  }

  proofFrom(size: number): Promise<Buffer[]> {
    const known = this.#proofs.get(size);
    if (known !== undefined) return known;
    const to = this.checkpoint.size;
    const proof = this.#work.run(async (tx) =>
      consistencyProof(size, to, await loadHashes(tx, consistencyAddresses(size, to))),
    );
    this.#proofs.set(size, proof);
    return proof;
  }
}

/**
 * Shows a checkpoint to a witness (c2sp.org/tlog-witness).
 * @param from what it is thought to have cosigned last
 * @throws HubError `PEER_AWAY`; `PEER_REFUSED` with `details.code`; `PEER_ANSWER_INVALID`, `LOG_KEY_UNKNOWN` (another key),
 *   `LOG_SIGNATURE_INVALID`
 */
export async function submitCheckpoint(
  client: Pick<PeerClient, 'exchange'>,
  neighbour: Neighbour,
  { showing, from, log, verifier }: Submission,
  signal?: AbortSignal,
): Promise<Submitted> {
  const { checkpoint } = showing;
  const request = { oldSize: from, proof: await showing.proofFrom(from), checkpoint: checkpoint.note };
  const body = formatAddCheckpoint(request);
  const reply = await client.exchange(neighbour, 'witness/add-checkpoint', body, signal);
  switch (reply.status) {
    case 200: {
      const answer = addCosignatures(checkpoint.note, reply.body, log, [verifier]);
      const [cosignature] = answer.checkpoint.cosignatures;
      const line = answer.note.subarray(checkpoint.note.length);
      return { outcome: 'cosigned', time: cosignature?.time ?? 0, line };
    }
    case 409: {
      const size = parseSize(reply.body);
      if (size === undefined || size === from) throw invalid(neighbour, '409 without another size');
      if (size <= checkpoint.size) return { outcome: 'elsewhere', size };
      return { outcome: 'refused', error: refusal(neighbour, reply, `it knows a tree of ${size}`) };
    }
    case 422:
      return { outcome: 'refused', error: refusal(neighbour, reply, 'the proof did not satisfy it') };
    default:
      throw refusal(neighbour, reply, 'it does not cosign');
  }
}

export interface Submission {
  readonly showing: Showing;
  readonly from: number;
  readonly log: KnownLog;
  readonly verifier: NoteVerifier;
}

function refusal({ holder }: Neighbour, { status, body }: PeerReply, why: string): HubError {
  return new HubError('PEER_REFUSED', `${holder} answered ${status}: ${why}`, {
    details: { holder, status, code: refusalCode(body) },
  });
}

function invalid({ holder }: Neighbour, what: string): HubError {
  return new HubError('PEER_ANSWER_INVALID', `${holder} answered ${what}`, { details: { holder } });
}
