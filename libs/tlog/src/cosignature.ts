/** Timestamped Ed25519 cosignatures of checkpoints, `cosignature/v1` (c2sp.org/tlog-cosignature). */
import { sign, verify } from 'node:crypto';
import { HubError } from '#errors';
import { parseCheckpointBody } from './checkpoint-body.ts';
import { privateKeyOf, publicKeyOf, rawPublicKey, SIGNATURE_BYTES } from './ed25519.ts';
import {
  keyIdentity,
  NOTE_KEY_TYPES,
  requireKeyId,
  secretKeyText,
  splitKey,
  splitSecretKey,
  type NoteVerifier,
} from './note-key.ts';
import type { NoteSignature, VerifiedSignature } from './note.ts';

const TIME_BYTES = 8;

/** A cosignature that was checked: the witness saw this tree as the log's largest at that time. */
export interface Cosignature {
  readonly witness: NoteVerifier;
  /** POSIX time, seconds. By the witness's clock. */
  readonly time: number;
}

export interface Cosigner {
  readonly verifier: NoteVerifier;
  /**
   * Cosigns a checkpoint. Whoever calls this has checked that the tree extends every one this witness has signed.
   * @param text the note's text, extension lines included
   * @param time POSIX time, whole seconds, from 1
   * @throws HubError `LOG_CHECKPOINT_MALFORMED`, `LOG_NOTE_MALFORMED` (no time)
   */
  cosign(text: string, time: number): NoteSignature;
}

/**
 * A witness's verifier from its name and 32-byte Ed25519 public key. Its signatures are 72 bytes: time and signature.
 * @throws HubError `LOG_KEY_MALFORMED`
 */
export function cosignatureVerifier(name: string, publicKey: Buffer): NoteVerifier {
  const key = publicKeyOf(publicKey);
  return {
    ...keyIdentity(name, NOTE_KEY_TYPES.cosignature, publicKey),
    verify: (text, signature) => {
      const time = timeOf(signature);
      return time !== null && verify(null, cosignedMessage(text, time), key, signature.subarray(TIME_BYTES));
    },
  };
}

/**
 * A witness's verifier from its vkey, of type 0x04.
 * @throws HubError `LOG_KEY_MALFORMED` (also for a log's key), `BASE64_NOT_STRICT`
 */
export function parseWitnessVkey(vkey: string): NoteVerifier {
  const { name, keyId, key } = splitKey(vkey, NOTE_KEY_TYPES.cosignature);
  return requireKeyId(cosignatureVerifier(name, key), keyId);
}

/**
 * A witness from its name and a 32-byte Ed25519 seed, used for nothing else: the message does not name the witness.
 * @throws HubError `LOG_KEY_MALFORMED`
 */
export function cosigner(name: string, seed: Buffer): Cosigner {
  const key = privateKeyOf(seed);
  const verifier = cosignatureVerifier(name, rawPublicKey(key));
  return {
    verifier,
    cosign: (text, time) => {
      parseCheckpointBody(text);
      if (!Number.isSafeInteger(time) || time < 1) {
        throw new HubError('LOG_NOTE_MALFORMED', `a cosignature needs a time in whole seconds, not ${time}`);
      }
      const signature = Buffer.alloc(TIME_BYTES + SIGNATURE_BYTES);
      signature.writeBigUInt64BE(BigInt(time));
      sign(null, cosignedMessage(Buffer.from(text, 'utf8'), time), key).copy(signature, TIME_BYTES);
      return { name, keyId: verifier.keyId, signature };
    },
  };
}

/** A witness from its skey, of type 0x04: a secret. @throws HubError `LOG_KEY_MALFORMED`, `BASE64_NOT_STRICT` */
export function parseWitnessSkey(skey: string): Cosigner {
  const { name, keyId, key } = splitSecretKey(skey, NOTE_KEY_TYPES.cosignature);
  const witness = cosigner(name, key);
  requireKeyId(witness.verifier, keyId);
  return witness;
}

/** Writes the skey of a witness. A secret: keep it like one. @throws HubError `LOG_KEY_MALFORMED` */
export function formatWitnessSkey(name: string, seed: Buffer): string {
  return secretKeyText(cosigner(name, seed).verifier, seed);
}

/** The cosignatures among verified signatures: the earliest of each witness, in the note's order. */
export function cosignaturesAmong(verified: readonly VerifiedSignature[]): Cosignature[] {
  const found = new Map<string, Cosignature>();
  for (const { verifier, signature } of verified) {
    const time = verifier.type === NOTE_KEY_TYPES.cosignature ? timeOf(signature) : null;
    if (time === null) continue;
    const known = found.get(verifier.vkey);
    if (known === undefined || time < known.time) found.set(verifier.vkey, { witness: verifier, time });
  }
  return [...found.values()];
}

/**
 * The time in front of a signature; null if it cannot be one. The format goes to 2^63−1 and lets a verifier refuse times
 * in the future: from 2^53 on (in 285 million years) they are refused, so that they stay numbers here.
 */
function timeOf(signature: Buffer): number | null {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const time = Number(signature.readBigUInt64BE());
  return Number.isSafeInteger(time) ? time : null;
}

function cosignedMessage(text: Buffer, time: number): Buffer {
  return Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`, 'utf8'), text]);
}
