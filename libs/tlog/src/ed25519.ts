/** Raw Ed25519 keys (RFC 8032) in and out of Node's key objects. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { HubError } from '#errors';

const KEY_BYTES = 32;
/** Bytes of a signature. */
export const SIGNATURE_BYTES = 64;
/** DER that stands before 32 raw key bytes. RFC 8410 §4 (SubjectPublicKeyInfo) and §7 (PKCS #8). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @throws HubError `LOG_KEY_MALFORMED` if the seed is not 32 bytes long */
export function privateKeyOf(seed: Buffer): KeyObject {
  if (seed.length !== KEY_BYTES) throw new HubError('LOG_KEY_MALFORMED', 'an Ed25519 seed has 32 bytes');
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

/** The 32 bytes of the public key that belongs to a private one. */
export function rawPublicKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
}

/** @throws HubError `LOG_KEY_MALFORMED` if it is not a 32-byte Ed25519 public key */
export function publicKeyOf(raw: Buffer): KeyObject {
  if (raw.length !== KEY_BYTES) {
    throw new HubError('LOG_KEY_MALFORMED', 'an Ed25519 public key has 32 bytes');
  }
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new HubError('LOG_KEY_MALFORMED', 'not an Ed25519 public key', { cause });
  }
}
