/** C2SP tlog-proof (c2sp.org/tlog-proof): an inclusion proof with its checkpoint, as one text that verifies offline. */
import { HubError } from '#errors';
import { verifyCheckpoint, type VerifiedCheckpoint } from './checkpoint.ts';
import { parseCount } from './decimal.ts';
import { HASH_BYTES, requireCount, requireHashes } from './hash.ts';
import { MAX_NOTE_BYTES } from './note.ts';
import type { NoteVerifier } from './note-key.ts';
import { decodeStrictBase64 } from './strict-base64.ts';
import { verifyInclusion } from './verify.ts';
import { requireWitnessed, type JudgedCheckpoint, type TrustPolicy } from './witness-policy.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** Trees are no deeper than sizes are wide: 53 bits. */
const MAX_HASHES = 53;
/** A proof larger than this is refused unread: the largest entry as extra data, hashes and a note. Bytes. */
export const MAX_PROOF_BYTES = 96 * 1024 + MAX_NOTE_BYTES;

export interface TlogProof {
  /** Opaque and not authenticated. Our proofs carry the log entry here. */
  readonly extra: Buffer | null;
  readonly index: number;
  /** From the leaf's sibling to the root's child. */
  readonly hashes: readonly Buffer[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: Buffer;
}

/** @throws HubError `LOG_PROOF_MALFORMED` */
export function formatProof(proof: TlogProof): Buffer {
  requireCount(proof.index, 'leaf index');
  requireHashes(proof.hashes, 'inclusion proof');
  const lines = [HEADER];
  if (proof.extra !== null) lines.push(`extra ${proof.extra.toString('base64')}`);
  lines.push(`index ${proof.index}`, ...proof.hashes.map((hash) => hash.toString('base64')), '', '');
  return Buffer.concat([Buffer.from(lines.join('\n'), 'utf8'), proof.checkpoint]);
}

/**
 * Takes a proof apart without trusting it.
 * @throws HubError `LOG_PROOF_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function parseProof(bytes: Buffer): TlogProof {
  if (bytes.length > MAX_PROOF_BYTES) throw malformed(`larger than ${MAX_PROOF_BYTES} bytes`);
  const end = bytes.indexOf('\n\n');
  if (end < 0) throw malformed('no empty line before the checkpoint');
  const [header, ...lines] = bytes.subarray(0, end).toString('latin1').split('\n');
  if (header !== HEADER) throw malformed(`the first line must be ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') ? decodeStrictBase64(lines[0].slice(6), 'extra') : null;
  if (extra !== null) lines.shift();
  const indexLine = lines.shift();
  const index = indexLine?.startsWith('index ') ? parseCount(indexLine.slice(6)) : undefined;
  if (index === undefined) throw malformed('the index line is missing or not a plain decimal number');
  if (lines.length > MAX_HASHES) throw malformed(`more than ${MAX_HASHES} hashes`);
  const hashes = lines.map((line) => decodeStrictBase64(line, 'an inclusion hash'));
  if (hashes.some((hash) => hash.length !== HASH_BYTES))
    throw malformed('an inclusion hash is not 32 bytes long');
  return { extra, index, hashes, checkpoint: bytes.subarray(end + 2) };
}

/**
 * Checks that a leaf is in the log that signed the proof's checkpoint. The signatures of `witnesses` are checked and named,
 * but not asked for: `verifyReceipt` asks.
 * @throws HubError of `parseProof`, `verifyCheckpoint` and `verifyInclusion`
 */
export function verifyProof(
  bytes: Buffer,
  leaf: Buffer,
  log: NoteVerifier,
  witnesses: readonly NoteVerifier[] = [],
): { readonly index: number; readonly checkpoint: VerifiedCheckpoint } {
  const proof = parseProof(bytes);
  const checkpoint = verifyCheckpoint(proof.checkpoint, log, witnesses);
  verifyInclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root);
  return { index: proof.index, checkpoint };
}

/**
 * Checks a proof as the specification lists it, offline and with nothing but a policy: a log of the policy has signed the
 * checkpoint, enough of its witnesses have cosigned it, and the leaf is in its tree.
 * @param leaf the leaf hash of what is said to be logged
 * @throws HubError of `parseProof`, `requireWitnessed` and `verifyInclusion`
 */
export function verifyReceipt(
  bytes: Buffer,
  leaf: Buffer,
  policy: TrustPolicy,
): JudgedCheckpoint & { readonly index: number } {
  const { index, hashes, checkpoint: note } = parseProof(bytes);
  const judged = requireWitnessed(note, policy);
  verifyInclusion(leaf, index, judged.checkpoint.size, hashes, judged.checkpoint.root);
  return { index, ...judged };
}

function malformed(reason: string): HubError {
  return new HubError('LOG_PROOF_MALFORMED', `not a tlog-proof: ${reason}`);
}
