/**
 * The layout of a stored document, final (docs/adr/0008-document-store.md). Numbers are big-endian.
 *
 *     0    8  magic "RHUBDOC\n"
 *     8    2  version, 1
 *    10    2  cipher: 0 = none (tags are zero), 1 = AES-256-GCM
 *    12    4  chunk size, 65,536
 *    16    8  length of the content
 *    24   16  id of the practice's key (zero without a cipher)
 *    40    8  nonce prefix (zero without a cipher)
 *    48   16  zero
 *    64  432  sealed: salt 32, SHA-256 32, salted digest 32, length of name 2, name 255, zero
 *   496   16  tag of the sealed part
 *   512       chunks: up to 65,536 bytes of content, each followed by 16 bytes for its tag
 *
 * What would tell something about the content lies in the sealed part, so that it is gone with the key.
 */
import { parseSha256 } from '#contracts';
import { HubError } from '#errors';

import type { StoredDocument } from './document-store.ts';

/** Content bytes in a chunk; only the last is shorter. */
export const CHUNK_BYTES = 65_536;
/** Room after each chunk for an AEAD tag. */
const TAG_BYTES = 16;
/** A whole chunk with its tag. */
export const SLOT_BYTES = CHUNK_BYTES + TAG_BYTES;
export const HEADER_BYTES = 512;
/** Longest file name, UTF-8 bytes. */
export const MAX_NAME_BYTES = 255;

const MAGIC = Buffer.from('RHUBDOC\n', 'latin1');
const VERSION = 1;
const NO_CIPHER = 0;
const SALT_AT = 64;
const SHA256_AT = 96;
const SALTED_AT = 128;
const NAME_LENGTH_AT = 160;
const NAME_AT = 162;

/** Where chunk `index` begins in the file. */
export function slotAt(index: number): number {
  return HEADER_BYTES + index * SLOT_BYTES;
}

/** Size of the file that holds `length` bytes of content. */
export function fileBytes(length: number): number {
  const rest = length % CHUNK_BYTES;
  return slotAt(Math.floor(length / CHUNK_BYTES)) + (rest === 0 ? 0 : rest + TAG_BYTES);
}

/** How many whole chunks a file of this size holds; a torn last one does not count. */
export function wholeChunks(size: number): number {
  return Math.max(0, Math.floor((size - HEADER_BYTES) / SLOT_BYTES));
}

/** The header of a document: 512 bytes. */
export function encodeHeader(document: StoredDocument): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16BE(VERSION, 8);
  header.writeUInt16BE(NO_CIPHER, 10);
  header.writeUInt32BE(CHUNK_BYTES, 12);
  header.writeBigUInt64BE(BigInt(document.size), 16);
  document.salt.copy(header, SALT_AT);
  header.write(document.sha256, SHA256_AT, 'hex');
  header.write(document.saltedDigest, SALTED_AT, 'hex');
  const name = Buffer.from(document.name ?? '', 'utf8').subarray(0, MAX_NAME_BYTES);
  header.writeUInt16BE(name.length, NAME_LENGTH_AT);
  name.copy(header, NAME_AT);
  return header;
}

/**
 * Reads a header.
 *
 * @throws HubError `DOCUMENT_CORRUPT` if it is not one that this version writes
 */
export function decodeHeader(header: Buffer): StoredDocument {
  if (header.length !== HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new HubError('DOCUMENT_CORRUPT', 'the file does not begin with the header of a document');
  }
  const [version, cipher, chunk] = [header.readUInt16BE(8), header.readUInt16BE(10), header.readUInt32BE(12)];
  if (version !== VERSION || cipher !== NO_CIPHER || chunk !== CHUNK_BYTES) {
    const found = `version ${version}, cipher ${cipher}, chunks of ${chunk}`;
    throw new HubError('DOCUMENT_CORRUPT', `the file has ${found}; this program reads version ${VERSION}`);
  }
  const nameBytes = header.readUInt16BE(NAME_LENGTH_AT);
  const size = Number(header.readBigUInt64BE(16));
  if (nameBytes > MAX_NAME_BYTES || !Number.isSafeInteger(size)) {
    throw new HubError('DOCUMENT_CORRUPT', 'the header of the document has impossible lengths');
  }
  return {
    size,
    salt: Buffer.from(header.subarray(SALT_AT, SHA256_AT)),
    sha256: parseSha256(header.toString('hex', SHA256_AT, SALTED_AT)),
    saltedDigest: parseSha256(header.toString('hex', SALTED_AT, NAME_LENGTH_AT)),
    name: nameBytes === 0 ? null : header.toString('utf8', NAME_AT, NAME_AT + nameBytes),
  };
}
