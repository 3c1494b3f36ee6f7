/** C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint): a signed tree head as a signed note. */
import { HubError } from '#errors';
import { HASH_BYTES, requireCount, requireHashes } from './hash.ts';
import { parseCount } from './decimal.ts';
import type { NoteSigner, NoteVerifier } from './note-key.ts';
import { signNote, verifyNote } from './note.ts';
import { decodeStrictBase64 } from './strict-base64.ts';

export interface Checkpoint {
  /** Names the log; equal to the name of its key. */
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** A checkpoint whose signature by the log's key was checked. */
export interface VerifiedCheckpoint extends Checkpoint {
  readonly signedBy: readonly string[];
}

/** The note text: origin, size, base64 root, each on its line. */
export function checkpointBody(checkpoint: Checkpoint): string {
  requireCount(checkpoint.size, 'tree size');
  requireHashes([checkpoint.root], 'checkpoint root');
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`;
}

/**
 * Reads a note text as a checkpoint. Extension lines are refused: nothing audits them, and this log writes none.
 * @throws HubError `LOG_CHECKPOINT_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function parseCheckpointBody(text: string): Checkpoint {
  const lines = text.split('\n');
  const [origin, size, root, end] = lines;
  if (!origin || size === undefined || root === undefined || end !== '' || lines.length !== 4) {
    throw malformed('it has exactly three lines: origin, size, root');
  }
  const hash = decodeStrictBase64(root, 'the root');
  if (hash.length !== HASH_BYTES) throw malformed(`a root has ${HASH_BYTES} bytes`);
  const count = parseCount(size);
  if (count === undefined) throw malformed('the size is not a plain decimal number');
  return { origin, size: count, root: hash };
}

/**
 * Signs a checkpoint with the log's key.
 * @throws HubError `LOG_CHECKPOINT_MALFORMED` if the key's name is not the origin.
 */
export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): Buffer {
  if (signer.verifier.name !== checkpoint.origin) {
    throw malformed(`the key is named ${signer.verifier.name}, the log ${checkpoint.origin}`);
  }
  return signNote(checkpointBody(checkpoint), [signer]);
}

/**
 * Checks a signed checkpoint: the log's own key must have signed; the signatures of further known keys (witnesses)
 * are checked too and named in `signedBy`.
 * @throws HubError of `verifyNote`, `LOG_CHECKPOINT_MALFORMED`
 */
export function verifyCheckpoint(
  bytes: Buffer,
  log: NoteVerifier,
  others: readonly NoteVerifier[] = [],
): VerifiedCheckpoint {
  const note = verifyNote(bytes, [log, ...others]);
  if (!note.signedBy.includes(log.name)) {
    throw new HubError('LOG_KEY_UNKNOWN', `the log's key ${log.name} has not signed the checkpoint`);
  }
  const checkpoint = parseCheckpointBody(note.text);
  if (checkpoint.origin !== log.name) {
    throw malformed(`its origin is ${checkpoint.origin}, not ${log.name}`);
  }
  return { ...checkpoint, signedBy: note.signedBy };
}

function malformed(reason: string): HubError {
  return new HubError('LOG_CHECKPOINT_MALFORMED', `not a checkpoint: ${reason}`);
}
