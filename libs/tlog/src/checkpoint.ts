/** C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint): a signed tree head as a signed note. */
import { HubError } from '#errors';
import {
  checkpointBody,
  parseCheckpointBody,
  type Checkpoint,
  type ParsedCheckpoint,
} from './checkpoint-body.ts';
import { cosignaturesAmong, type Cosignature } from './cosignature.ts';
import type { NoteSigner, NoteVerifier } from './note-key.ts';
import { signNote, verifyNote } from './note.ts';

/** A log that one is ready to believe: its origin line and the keys that may sign for it. */
export interface KnownLog {
  readonly origin: string;
  /** More than one while a key is replaced. One signature suffices. */
  readonly keys: readonly NoteVerifier[];
}

/** A checkpoint whose signature by the log's key was checked. */
export interface VerifiedCheckpoint extends ParsedCheckpoint {
  /** Names of all known keys that signed, the log's included. */
  readonly signedBy: readonly string[];
  /** Of known witnesses, each once. */
  readonly cosignatures: readonly Cosignature[];
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
 * Checks a signed checkpoint of a log whose key is named like its origin, as this project's is.
 * @throws HubError as `openCheckpoint`
 */
export function verifyCheckpoint(
  bytes: Buffer,
  log: NoteVerifier,
  others: readonly NoteVerifier[] = [],
): VerifiedCheckpoint {
  return openCheckpoint(bytes, { origin: log.name, keys: [log] }, others);
}

/**
 * Checks a signed checkpoint: a key of the log must have signed; the signatures of further known keys (witnesses) are
 * checked too. Those of unknown keys are ignored.
 * @throws HubError `LOG_NOTE_MALFORMED`, `BASE64_NOT_STRICT`, `LOG_SIGNATURE_INVALID`, `LOG_KEY_UNKNOWN`,
 *   `LOG_CHECKPOINT_MALFORMED`
 */
export function openCheckpoint(
  bytes: Buffer,
  { origin, keys }: KnownLog,
  others: readonly NoteVerifier[] = [],
): VerifiedCheckpoint {
  const { text, verified, signedBy } = verifyNote(bytes, [...keys, ...others]);
  // By key and not by name: a witness may be named like the log.
  if (!verified.some(({ verifier }) => keys.includes(verifier))) {
    throw new HubError('LOG_KEY_UNKNOWN', `no key of the log ${origin} has signed the checkpoint`);
  }
  const checkpoint = parseCheckpointBody(text);
  if (checkpoint.origin !== origin) throw malformed(`its origin is ${checkpoint.origin}, not ${origin}`);
  return { ...checkpoint, signedBy, cosignatures: cosignaturesAmong(verified) };
}

function malformed(reason: string): HubError {
  return new HubError('LOG_CHECKPOINT_MALFORMED', `not a checkpoint: ${reason}`);
}
