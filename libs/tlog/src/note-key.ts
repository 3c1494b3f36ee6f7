/** Keys of signed notes: `vkey` to verify, `skey` to sign, as golang.org/x/mod/sumdb/note writes them. */
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { HubError } from '#errors';
import { HASH_BYTES } from './hash.ts';
import { decodeStrictBase64 } from './strict-base64.ts';

/** Signature type of plain Ed25519 (c2sp.org/signed-note). */
const ED25519 = 0x01;
const SKEY_PREFIX = 'PRIVATE+KEY+';
/** DER that stands before 32 raw key bytes. RFC 8410 §4 (SubjectPublicKeyInfo) and §7 (PKCS #8). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface NoteVerifier {
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). */
  readonly keyId: Buffer;
  /** `name+<key id, hex>+<base64 of 0x01 ‖ public key>`. */
  readonly vkey: string;
  verify(message: Buffer, signature: Buffer): boolean;
}

export interface NoteSigner {
  readonly verifier: NoteVerifier;
  /** 64 bytes, RFC 8032. */
  sign(message: Buffer): Buffer;
}

/** @throws HubError `LOG_KEY_MALFORMED` if `name` is empty or holds a space, a plus or a control character. */
export function assertKeyName(name: string): void {
  if (name === '' || /[\s+\p{Cc}\p{Z}]/u.test(name)) {
    throw malformed('a key name is not empty and holds no space or plus');
  }
}

/**
 * A verifier from its vkey.
 * @throws HubError `LOG_KEY_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function parseVkey(vkey: string): NoteVerifier {
  const { name, keyId, key } = splitKey(vkey);
  const verifier = noteVerifier(name, key);
  if (verifier.keyId.toString('hex') !== keyId) throw malformed('the key id is not that of the key');
  return verifier;
}

/**
 * A signer from its skey, which is a secret.
 * @throws HubError `LOG_KEY_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function parseSkey(skey: string): NoteSigner {
  if (!skey.startsWith(SKEY_PREFIX)) throw malformed('a signing key begins with PRIVATE+KEY+');
  const { name, keyId, key } = splitKey(skey.slice(SKEY_PREFIX.length));
  const signer = noteSigner(name, key);
  if (signer.verifier.keyId.toString('hex') !== keyId) throw malformed('the key id is not that of the key');
  return signer;
}

/** Writes the skey of a name and a 32-byte Ed25519 seed. A secret: keep it like one. */
export function formatSkey(name: string, seed: Buffer): string {
  const { verifier } = noteSigner(name, seed);
  return `${SKEY_PREFIX}${name}+${verifier.keyId.toString('hex')}+${typedKey(seed).toString('base64')}`;
}

/**
 * A signer from its name and a 32-byte Ed25519 seed (RFC 8032 §5.1.5).
 * @throws HubError `LOG_KEY_MALFORMED`
 */
export function noteSigner(name: string, seed: Buffer): NoteSigner {
  assertKeyName(name);
  if (seed.length !== HASH_BYTES) throw malformed('an Ed25519 seed has 32 bytes');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    verifier: noteVerifier(name, spki.subarray(SPKI_PREFIX.length)),
    sign: (message) => sign(null, message, key),
  };
}

/**
 * A verifier from its name and a 32-byte Ed25519 public key.
 * @throws HubError `LOG_KEY_MALFORMED`
 */
export function noteVerifier(name: string, publicKey: Buffer): NoteVerifier {
  assertKeyName(name);
  const key = publicKeyObject(publicKey);
  const typed = typedKey(publicKey);
  const keyId = createHash('sha256').update(`${name}\n`, 'utf8').update(typed).digest().subarray(0, 4);
  return {
    name,
    keyId,
    vkey: `${name}+${keyId.toString('hex')}+${typed.toString('base64')}`,
    verify: (message, signature) => signature.length === 64 && verify(null, message, key, signature),
  };
}

function publicKeyObject(publicKey: Buffer): KeyObject {
  if (publicKey.length !== HASH_BYTES) throw malformed('an Ed25519 public key has 32 bytes');
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new HubError('LOG_KEY_MALFORMED', 'not an Ed25519 public key', { cause });
  }
}

function typedKey(key: Buffer): Buffer {
  return Buffer.concat([Buffer.from([ED25519]), key]);
}

/** Splits `name+hex id+base64` at its first two plus signs: base64 itself may hold more of them. */
function splitKey(text: string): { name: string; keyId: string; key: Buffer } {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const [, name, keyId, encoded] = match ?? [];
  if (name === undefined || keyId === undefined || encoded === undefined) {
    throw malformed('a key is name+id+base64');
  }
  const typed = decodeStrictBase64(encoded, 'the key');
  if (typed[0] !== ED25519) throw malformed('only Ed25519 keys (type 0x01) are accepted');
  return { name, keyId, key: typed.subarray(1) };
}

function malformed(reason: string): HubError {
  return new HubError('LOG_KEY_MALFORMED', reason);
}
