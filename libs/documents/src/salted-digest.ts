import { createHash } from 'node:crypto';

import { parseSha256, type Sha256 } from '#contracts';
import { HubError } from '#errors';

/** Length of a document's salt, bytes. Fixed, so that salt and content cannot be shifted against each other. */
export const SALT_BYTES = 32;

/** @throws HubError `DOCUMENT_SALT_MALFORMED` unless 32 bytes long */
export function checkSalt(salt: Buffer): Buffer {
  if (salt.length === SALT_BYTES) return salt;
  throw new HubError('DOCUMENT_SALT_MALFORMED', `a salt has ${SALT_BYTES} bytes, got ${salt.length}`);
}

/**
 * SHA-256 over a 32-byte random salt followed by the content: how an event names a document without telling anything
 * about it.
 *
 * @throws HubError `DOCUMENT_SALT_MALFORMED`
 */
export function saltedDigest(salt: Buffer, content: Buffer): Sha256 {
  return new DocumentHasher(salt).update(content).digest().saltedDigest;
}

export interface DocumentDigests {
  readonly size: number;
  readonly sha256: Sha256;
  readonly saltedDigest: Sha256;
}

/** Plain and salted digest of a stream, in one pass. */
export class DocumentHasher {
  readonly #plain = createHash('sha256');
  readonly #salted = createHash('sha256');
  #size = 0;

  /** @throws HubError `DOCUMENT_SALT_MALFORMED` */
  constructor(readonly salt: Buffer) {
    this.#salted.update(checkSalt(salt));
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  update(bytes: Buffer): this {
    this.#plain.update(bytes);
    this.#salted.update(bytes);
    this.#size += bytes.length;
    return this;
  }

  /** Ends the hashing; call once. */
  digest(): DocumentDigests {
    return {
      size: this.#size,
      sha256: parseSha256(this.#plain.digest('hex')),
      saltedDigest: parseSha256(this.#salted.digest('hex')),
    };
  }
}
