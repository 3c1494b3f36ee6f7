/** Keys of signed notes: `vkey` to verify, `skey` to sign, as c2sp.org/signed-note and golang.org/x/mod/sumdb/note write them. */
import { createHash, sign, verify } from 'node:crypto';
import { HubError } from '#errors';
import { hasControlCharacter } from './control-characters.ts';
import { privateKeyOf, publicKeyOf, rawPublicKey, SIGNATURE_BYTES } from './ed25519.ts';
import { decodeStrictBase64 } from './strict-base64.ts';

/** Signature types of signed-note that are supported here. Of each, the same key has another id. */
export const NOTE_KEY_TYPES = {
  /** Ed25519 over the note's text: a log's own key. */
  ed25519: 0x01,
  /** Timestamped Ed25519 cosignature (c2sp.org/tlog-cosignature): a witness's key. */
  cosignature: 0x04,
} as const;

export type NoteKeyType = (typeof NOTE_KEY_TYPES)[keyof typeof NOTE_KEY_TYPES];

const SKEY_PREFIX = 'PRIVATE+KEY+';

export interface NoteVerifier {
  readonly name: string;
  readonly type: NoteKeyType;
  /** First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key). */
  readonly keyId: Buffer;
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** `name+<key id, hex>+<base64 of type ‖ public key>`. */
  readonly vkey: string;
  /** @param message the note's text */
  verify(message: Buffer, signature: Buffer): boolean;
}

export interface NoteSigner {
  readonly verifier: NoteVerifier;
  /** 64 bytes, RFC 8032. */
  sign(message: Buffer): Buffer;
}

/**
 * Checks a key's name (c2sp.org/signed-note): not empty, no Unicode space, no plus, no control character below U+0020.
 * @throws HubError `LOG_KEY_MALFORMED`
 */
export function assertKeyName(name: string): void {
  if (name === '' || /[\p{White_Space}+]/u.test(name) || hasControlCharacter(name)) {
    throw malformed('a key name is not empty and holds no space or plus');
  }
}

/**
 * The verifier of a log's key from its vkey.
 * @throws HubError `LOG_KEY_MALFORMED` (also for a witness's key), `BASE64_NOT_STRICT`
 */
export function parseVkey(vkey: string): NoteVerifier {
  const { name, keyId, key } = splitKey(vkey, NOTE_KEY_TYPES.ed25519);
  return requireKeyId(noteVerifier(name, key), keyId);
}

/**
 * A log's signer from its skey, which is a secret.
 * @throws HubError `LOG_KEY_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function parseSkey(skey: string): NoteSigner {
  const { name, keyId, key } = splitSecretKey(skey, NOTE_KEY_TYPES.ed25519);
  const signer = noteSigner(name, key);
  requireKeyId(signer.verifier, keyId);
  return signer;
}

/** Writes the skey of a name and a 32-byte Ed25519 seed. A secret: keep it like one. */
export function formatSkey(name: string, seed: Buffer): string {
  return secretKeyText(noteSigner(name, seed).verifier, seed);
}

/**
 * A signer from its name and a 32-byte Ed25519 seed (RFC 8032 §5.1.5).
 * @throws HubError `LOG_KEY_MALFORMED`
 */
export function noteSigner(name: string, seed: Buffer): NoteSigner {
  const key = privateKeyOf(seed);
  return {
    verifier: noteVerifier(name, rawPublicKey(key)),
    sign: (message) => sign(null, message, key),
  };
}

/**
 * A verifier from its name and a 32-byte Ed25519 public key.
 * @throws HubError `LOG_KEY_MALFORMED`
 */
export function noteVerifier(name: string, publicKey: Buffer): NoteVerifier {
  const key = publicKeyOf(publicKey);
  return {
    ...keyIdentity(name, NOTE_KEY_TYPES.ed25519, publicKey),
    verify: (message, signature) =>
      signature.length === SIGNATURE_BYTES && verify(null, message, key, signature),
  };
}

/** What identifies a key of any type. @throws HubError `LOG_KEY_MALFORMED` for its name */
export function keyIdentity(
  name: string,
  type: NoteKeyType,
  publicKey: Buffer,
): Omit<NoteVerifier, 'verify'> {
  assertKeyName(name);
  const typed = Buffer.concat([Buffer.from([type]), publicKey]);
  const keyId = createHash('sha256').update(`${name}\n`, 'utf8').update(typed).digest().subarray(0, 4);
  return {
    name,
    type,
    keyId,
    publicKey,
    vkey: `${name}+${keyId.toString('hex')}+${typed.toString('base64')}`,
  };
}

/** The skey of a key of any type: `PRIVATE+KEY+name+id+<base64 of type ‖ seed>`. */
export function secretKeyText({ name, type, keyId }: NoteVerifier, seed: Buffer): string {
  const typed = Buffer.concat([Buffer.from([type]), seed]);
  return `${SKEY_PREFIX}${name}+${keyId.toString('hex')}+${typed.toString('base64')}`;
}

export interface KeyParts {
  readonly name: string;
  /** Eight hexadecimal digits, as they were written. */
  readonly keyId: string;
  /** Without the type. */
  readonly key: Buffer;
}

/** Splits an skey. @throws HubError `LOG_KEY_MALFORMED`, `BASE64_NOT_STRICT` */
export function splitSecretKey(skey: string, type: NoteKeyType): KeyParts {
  if (!skey.startsWith(SKEY_PREFIX)) throw malformed('a signing key begins with PRIVATE+KEY+');
  return splitKey(skey.slice(SKEY_PREFIX.length), type);
}

/**
 * Splits `name+hex id+base64` at its first two plus signs: base64 itself may hold more of them.
 * @throws HubError `LOG_KEY_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function splitKey(text: string, type: NoteKeyType): KeyParts {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const [, name, keyId, encoded] = match ?? [];
  if (name === undefined || keyId === undefined || encoded === undefined) {
    throw malformed('a key is name+id+base64');
  }
  const typed = decodeStrictBase64(encoded, 'the key');
  if (typed[0] !== type) {
    throw malformed(`this key has type ${typed[0] ?? 'none'}, the one wanted here has type ${type}`);
  }
  return { name, keyId, key: typed.subarray(1) };
}

/** @throws HubError `LOG_KEY_MALFORMED` if a key was written with the id of another */
export function requireKeyId<Verifier extends NoteVerifier>(verifier: Verifier, keyId: string): Verifier {
  if (verifier.keyId.toString('hex') !== keyId) throw malformed('the key id is not that of the key');
  return verifier;
}

function malformed(reason: string): HubError {
  return new HubError('LOG_KEY_MALFORMED', reason);
}
