import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { HubError } from '#errors';
import { decodeStrictBase64, leafHash, parseProof, parseVkey, verifyProof } from '#tlog';
import type { Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import type { ProvableKind } from './provable-kinds.ts';

const proofAnswer = z.object({
  entry: z.string().describe('the log entry, base64'),
  tlogProof: z.string().describe('index, hashes, signed checkpoint'),
});

const entryShape = z.looseObject({
  kind: z.string(),
  author: z.string(),
  eventId: z.string(),
  practice: z.object({ owner: z.string(), uuid: z.string() }).nullable(),
  type: z.string(),
  position: z.number().nullable(),
  time: z.string(),
  sha256: z.string(),
});

/** An event that is in the log, by a proof that was checked here. */
export interface CheckedProof {
  readonly entry: z.output<typeof entryShape>;
  readonly index: number;
  readonly size: number;
  /** Root of the tree, base64. */
  readonly root: string;
  readonly signedBy: readonly string[];
  /** The proof as text, complete: it verifies alone with the log's key. */
  readonly proof: string;
  /** The bytes whose hash is the leaf: RFC 8785 JSON, base64. */
  readonly leaf: string;
}

/** Which leaf is asked for. */
export interface SoughtLeaf {
  readonly kind: ProvableKind;
  /** Of the event; of an action or anchored accesses, their own; of an entry of the registry, that of its number. */
  readonly eventId: string;
  /** Of an action or accesses, the node. */
  readonly author?: string | undefined;
}

const LOOK_MS = 200;

/**
 * The same as `fetchProof`, for an event that may have been published just now: the log takes it in within seconds.
 * @throws HubError of `fetchProof`; `PROOF_NOT_YET` after `withinMs`
 */
export async function awaitProof(
  network: Pick<Network, 'auditor' | 'log'>,
  leaf: SoughtLeaf,
  withinMs: number,
): Promise<CheckedProof> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await fetchProof(network, leaf);
    } catch (error) {
      const isEarly = error instanceof HubError && error.code === 'PROOF_NOT_YET';
      if (!isEarly || Date.now() > deadline) throw error;
      await pause(LOOK_MS);
    }
  }
}

/**
 * Asks the auditor for the proof that an event is in the log, and checks it here: the leaf's place under the root, and
 * the log's signature on the root, with the key of `network.json`.
 * @throws HubError `PROOF_NOT_YET` and the like from the auditor, `NODE_UNREACHABLE`, `LOG_INCLUSION_INVALID`,
 *   `LOG_SIGNATURE_INVALID`, `LOG_KEY_UNKNOWN`, `PROOF_DISAGREES` for the proof of another event
 */
async function fetchProof(
  network: Pick<Network, 'auditor' | 'log'>,
  leaf: SoughtLeaf,
): Promise<CheckedProof> {
  const { kind, eventId, author } = leaf;
  const query = { kind, author };
  const answer = await clientOf(network.auditor).get(
    `/v1/proofs/${encodeURIComponent(eventId)}`,
    proofAnswer,
    query,
  );
  const bytes = decodeStrictBase64(answer.entry, 'the log entry');
  const proof = Buffer.from(answer.tlogProof, 'utf8');
  const { index, checkpoint } = verifyProof(proof, leafHash(bytes), parseVkey(network.log.vkey));
  const { extra } = parseProof(proof);
  if (extra !== null && !extra.equals(bytes))
    throw new HubError('PROOF_DISAGREES', 'the proof carries another entry than the answer');
  const entry = readEntry(bytes);
  if (entry.kind !== kind || entry.eventId !== eventId || (author !== undefined && entry.author !== author))
    throw new HubError(
      'PROOF_DISAGREES',
      `the entry is of ${entry.kind} ${entry.eventId} by ${entry.author}`,
    );
  const { size, root, signedBy } = checkpoint;
  return {
    entry,
    index,
    size,
    root: root.toString('base64'),
    signedBy,
    proof: answer.tlogProof,
    leaf: answer.entry,
  };
}

function readEntry(bytes: Buffer): CheckedProof['entry'] {
  try {
    return entryShape.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new HubError('PROOF_DISAGREES', 'the entry in the log is not one of ours', { cause });
  }
}
