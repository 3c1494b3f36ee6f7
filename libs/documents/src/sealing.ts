/**
 * How a file is sealed: AES-256-GCM (NIST SP 800-38D), chunk by chunk, in the manner of STREAM (Hoang, Reyhanitabar,
 * Rogaway, Vizár 2015): a nonce is the file's prefix and the chunk's number. The last chunk needs no mark of its own: the
 * length of the content is authenticated with the header, which is read before any chunk. docs/adr/0045.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

import { HubError } from '#errors';

import type { DocumentKey } from './document-store.ts';
import type { PracticeKey } from './keys/practice-keys.ts';

/** In place of a chunk's number: the header of a whole document, and of one that is arriving. */
export const HEADER = 0xffff_ffff;
export const ARRIVING = 0xffff_fffe;

export const PREFIX_BYTES = 8;
const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;

/** What one writing of one file is sealed with. A prefix is never used for a second writing. */
export interface FileSeal {
  /** 16 bytes: which key of the practice. */
  readonly keyId: Buffer;
  /** 8 bytes, random. */
  readonly prefix: Buffer;
  /** 32 bytes, of this file alone. */
  readonly key: Buffer;
}

/**
 * The seal of a file: its key is derived (HKDF-SHA-256, RFC 5869) from the practice's for this very document and prefix,
 * so that a file or chunk that is put in another's place does not open.
 */
export function sealOf({ id, key }: PracticeKey, document: DocumentKey, prefix: Buffer): FileSeal {
  const place = [document.owner.toLowerCase(), document.practice, document.document].join('\n');
  const derived = hkdfSync('sha256', key, prefix, `reset-hub/document/1\n${place}`, 32);
  return { keyId: id, prefix, key: Buffer.from(derived) };
}

/**
 * Seals bytes where they are: `slot` has 16 bytes more, into which their tag goes.
 *
 * @param clear what is authenticated with them and not sealed
 */
export function sealInPlace(seal: FileSeal, number: number, slot: Buffer, clear?: Buffer): void {
  const end = slot.length - TAG_BYTES;
  const cipher = createCipheriv(CIPHER, seal.key, nonce(seal, number), { authTagLength: TAG_BYTES });
  if (clear !== undefined) cipher.setAAD(clear);
  cipher.update(slot.subarray(0, end)).copy(slot);
  cipher.final();
  cipher.getAuthTag().copy(slot, end);
}

/**
 * The content of sealed bytes with their tag; given out only when the tag is right.
 *
 * @throws HubError `DOCUMENT_CORRUPT`
 */
export function openBytes(seal: FileSeal, number: number, sealed: Buffer, clear?: Buffer): Buffer {
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, seal.key, nonce(seal, number), { authTagLength: TAG_BYTES });
  if (clear !== undefined) decipher.setAAD(clear);
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
    return plain;
  } catch (cause) {
    const part = number >= ARRIVING ? 'the header' : `chunk ${number}`;
    throw new HubError('DOCUMENT_CORRUPT', `${part} of a document is not as it was sealed`, { cause });
  }
}

/** 96 bits: the prefix, and the number in 32. */
function nonce({ prefix }: FileSeal, number: number): Buffer {
  const bytes = Buffer.alloc(PREFIX_BYTES + 4);
  prefix.copy(bytes);
  bytes.writeUInt32BE(number, PREFIX_BYTES);
  return bytes;
}
