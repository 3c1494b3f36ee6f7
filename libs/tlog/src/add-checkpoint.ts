/** What a log and a witness say to each other over `POST …/add-checkpoint` (c2sp.org/tlog-witness). */
import { HubError } from '#errors';
import { openCheckpoint, type KnownLog, type VerifiedCheckpoint } from './checkpoint.ts';
import { parseCount } from './decimal.ts';
import { HASH_BYTES, requireCount, requireHashes } from './hash.ts';
import {
  formatNote,
  formatSignatureLine,
  isKeyOf,
  MAX_NOTE_BYTES,
  parseNote,
  parseSignatureLines,
} from './note.ts';
import type { NoteSignature } from './note.ts';
import type { NoteVerifier } from './note-key.ts';
import { decodeStrictBase64 } from './strict-base64.ts';

/** The specification's limit. Trees of up to 2^53 leaves need fewer. */
const MAX_PROOF_LINES = 63;
/** A request larger than this is refused unread. Bytes. */
export const MAX_ADD_CHECKPOINT_BYTES = 4 * 1024 + MAX_NOTE_BYTES;
/** Content type of the answer 409, whose body is the size that the witness knows. */
export const SIZE_CONTENT_TYPE = 'text/x.tlog.size';

export interface AddCheckpointRequest {
  /** Size of the checkpoint that the witness is thought to have cosigned last; 0 if none. */
  readonly oldSize: number;
  /** Consistency proof from `oldSize` to the checkpoint's size. */
  readonly proof: readonly Buffer[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: Buffer;
}

/** @throws HubError `LOG_PROOF_MALFORMED` */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpointRequest): Buffer {
  requireCount(oldSize, 'old size');
  requireHashes(proof, 'consistency proof');
  const lines = [`old ${oldSize}`, ...proof.map((hash) => hash.toString('base64')), '', ''];
  return Buffer.concat([Buffer.from(lines.join('\n'), 'utf8'), checkpoint]);
}

/**
 * Takes a request apart without trusting it; the checkpoint is not looked at.
 * @throws HubError `WITNESS_REQUEST_MALFORMED`
 */
export function parseAddCheckpoint(bytes: Buffer): AddCheckpointRequest {
  if (bytes.length > MAX_ADD_CHECKPOINT_BYTES) {
    throw malformed(`larger than ${MAX_ADD_CHECKPOINT_BYTES} bytes`);
  }
  const end = bytes.indexOf('\n\n');
  if (end < 0) throw malformed('no empty line before the checkpoint');
  const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\n');
  const oldSize = first?.startsWith('old ') ? parseCount(first.slice(4)) : undefined;
  if (oldSize === undefined) throw malformed('the first line is not the old size as a plain decimal number');
  if (lines.length > MAX_PROOF_LINES) throw malformed(`more than ${MAX_PROOF_LINES} hashes`);
  return { oldSize, proof: lines.map(parseHashLine), checkpoint: bytes.subarray(end + 2) };
}

/** Body of the answer 200: signature lines. */
export function formatCosignatures(cosignatures: readonly NoteSignature[]): Buffer {
  return Buffer.from(cosignatures.map(formatSignatureLine).join(''), 'utf8');
}

/** Body of the answer 409, of content type `text/x.tlog.size`. */
export function formatSize(size: number): Buffer {
  return Buffer.from(`${size}\n`, 'utf8');
}

/** The size in the body of an answer 409; undefined if it is not one. */
export function parseSize(body: Buffer): number | undefined {
  const text = body.toString('latin1');
  return text.endsWith('\n') ? parseCount(text.slice(0, -1)) : undefined;
}

/**
 * Puts a witness's answer under the log's checkpoint. Only signatures by `witnesses` are taken, one of each, and only
 * valid ones; each replaces an earlier one by the same key.
 * @param answer the body of an answer 200
 * @param witnesses the keys of the witness that was asked: a wrong signature by one of them refuses the answer
 * @returns the checkpoint with them, and what it says
 * @throws HubError `LOG_NOTE_MALFORMED`, `BASE64_NOT_STRICT`, `LOG_SIGNATURE_INVALID`, `LOG_KEY_UNKNOWN` if none of
 *   `witnesses` has answered, or as `openCheckpoint` for the checkpoint itself
 */
export function addCosignatures(
  checkpoint: Buffer,
  answer: Buffer,
  log: KnownLog,
  witnesses: readonly NoteVerifier[],
): { readonly note: Buffer; readonly checkpoint: VerifiedCheckpoint } {
  const { text, signatures } = parseNote(checkpoint);
  const answered = parseSignatureLines(answer);
  const known = witnesses.flatMap((key) => answered.find((line) => isKeyOf(key, line)) ?? []);
  if (known.length === 0)
    throw new HubError('LOG_KEY_UNKNOWN', 'no known witness has cosigned the checkpoint');
  const kept = signatures.filter((line) => !known.some((fresh) => isKeyOf(fresh, line)));
  const note = formatNote(text, [...kept, ...known]);
  return { note, checkpoint: openCheckpoint(note, log, witnesses) };
}

function parseHashLine(line: string): Buffer {
  try {
    const hash = decodeStrictBase64(line, 'a hash');
    if (hash.length === HASH_BYTES) return hash;
  } catch (cause) {
    throw malformed('a hash is not strict base64', cause);
  }
  throw malformed(`a hash is not ${HASH_BYTES} bytes long`);
}

function malformed(reason: string, cause?: unknown): HubError {
  return new HubError('WITNESS_REQUEST_MALFORMED', `not an add-checkpoint request: ${reason}`, { cause });
}
