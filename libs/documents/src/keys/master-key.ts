import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

import { HubError, systemCode } from '#errors';

/** A key of another, as it lies on the disk. */
export interface WrappedKey {
  /** Which master key it is wrapped by. */
  readonly master: string;
  readonly wrapped: Buffer;
}

/**
 * The node's master key: wraps the keys of practices, and opens what it, or an earlier one, has wrapped. A file is one
 * place for it; a token with an AES key would be another (docs/adr/0045).
 */
export interface MasterKey {
  /** 16 hexadecimal digits, of the one that wraps. */
  readonly id: string;
  /** Wraps 32 bytes for `context`: they open in no other. */
  wrap(key: Buffer, context: string): Promise<WrappedKey>;
  /** @throws HubError `DOCUMENT_KEY_MISSING` if it is of another master key, or is not as it was */
  unwrap(wrapped: WrappedKey, context: string): Promise<Buffer>;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Keys of one file: the present one, and those before it while what they wrapped is wrapped anew. */
const MOST_KEYS = 8;
/** 32 bytes in base64. */
const KEY_LINE = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const OF_OTHERS = 0o077;

/** Master keys from a file that only its owner reads: one a line, 32 random bytes in base64, the present one first. */
export class FileMasterKey implements MasterKey {
  readonly id: string;
  readonly #keys: ReadonlyMap<string, Buffer>;

  /** @throws HubError `MASTER_KEY_UNUSABLE` */
  constructor(path: string) {
    this.#keys = new Map(readKeys(path).map((key) => [idOf(key), key]));
    this.id = this.#keys.keys().next().value ?? '';
  }

  wrap(key: Buffer, context: string): Promise<WrappedKey> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key(this.id), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(context, 'utf8'));
    const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
    return Promise.resolve({ master: this.id, wrapped });
  }

  async unwrap({ master, wrapped }: WrappedKey, context: string): Promise<Buffer> {
    await Promise.resolve();
    if (wrapped.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) throw notAsItWas();
    const nonce = wrapped.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#key(master), nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context, 'utf8'));
    decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw notAsItWas(cause);
    }
  }

  #key(id: string): Buffer {
    const key = this.#keys.get(id);
    if (key !== undefined) return key;
    throw new HubError('DOCUMENT_KEY_MISSING', `it is wrapped by master key ${id}, which this node has not`);
  }
}

/** A new master key as the file has it. */
export function newMasterKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

function readKeys(path: string): Buffer[] {
  const lines = readOwn(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const malformed = lines.findIndex((line) => !KEY_LINE.test(line));
  if (lines.length === 0 || lines.length > MOST_KEYS || malformed >= 0) {
    const what = malformed >= 0 ? `line ${malformed + 1} is not one` : `it has ${lines.length} lines`;
    throw new HubError('MASTER_KEY_UNUSABLE', `${path} holds no keys of 32 bytes in base64: ${what}`);
  }
  return lines.map((line) => Buffer.from(line, 'base64'));
}

function readOwn(path: string): string {
  try {
    const { mode } = statSync(path);
    if ((mode & OF_OTHERS) === 0) return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = systemCode(cause) ?? 'unknown';
    throw new HubError('MASTER_KEY_UNUSABLE', `${path} cannot be read: ${reason}`, { cause });
  }
  throw new HubError('MASTER_KEY_UNUSABLE', `${path} can be read by others: its mode has to be 0600`);
}

function idOf(key: Buffer): string {
  return createHash('sha256').update('reset-hub/master-key/1\n').update(key).digest('hex').slice(0, 16);
}

function notAsItWas(cause?: unknown): HubError {
  const message = 'it does not open with its master key: the file is another practice’s, or was changed';
  return new HubError('DOCUMENT_KEY_MISSING', message, cause === undefined ? {} : { cause });
}
