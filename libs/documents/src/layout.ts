/**
 * The layout of a stored document, final (docs/adr/0008-document-store.md; how it is sealed: 0045). Numbers are big-endian.
 *
 *     0    8  magic "RHUBDOC\n"
 *     8    2  version, 1
 *    10    2  cipher: 0 = none (tags are zero), 1 = AES-256-GCM
 *    12    4  chunk size, 65,536
 *    16    8  length of the content
 *    24   16  id of the practice's key (zero without a cipher)
 *    40    8  nonce prefix, random for each writing (zero without a cipher)
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
import { ARRIVING, HEADER, openBytes, sealInPlace, type FileSeal } from './sealing.ts';

/** Content bytes in a chunk; only the last is shorter. */
export const CHUNK_BYTES = 65_536;
/** Room after each chunk, and after the sealed part of the header, for an AEAD tag. */
export const TAG_BYTES = 16;
/** A whole chunk with its tag. */
export const SLOT_BYTES = CHUNK_BYTES + TAG_BYTES;
export const HEADER_BYTES = 512;
/** Longest file name, UTF-8 bytes. */
export const MAX_NAME_BYTES = 255;

const MAGIC = Buffer.from('RHUBDOC\n', 'latin1');
const VERSION = 1;
const NO_CIPHER = 0;
const AES_256_GCM = 1;
const KEY_ID_AT = 24;
const PREFIX_AT = 40;
const CLEAR_END = 64;
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

/** What a header says without any key. */
export interface ClearHeader {
  /** Bytes of content. */
  readonly size: number;
  /** Under which key, and with which nonces; null for a plain document of a store from before. */
  readonly sealed: { readonly keyId: Buffer; readonly prefix: Buffer } | null;
}

/** Whether a header belongs to a whole document, or to one that is arriving: each has a nonce of its own. */
export type HeaderOf = 'whole' | 'arriving';

/** The header of a document: 512 bytes, its second part sealed if there is a seal. */
export function encodeHeader(
  document: StoredDocument,
  seal: FileSeal | null = null,
  of: HeaderOf = 'whole',
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16BE(VERSION, 8);
  header.writeUInt16BE(seal === null ? NO_CIPHER : AES_256_GCM, 10);
  header.writeUInt32BE(CHUNK_BYTES, 12);
  header.writeBigUInt64BE(BigInt(document.size), 16);
  document.salt.copy(header, SALT_AT);
  header.write(document.sha256, SHA256_AT, 'hex');
  header.write(document.saltedDigest, SALTED_AT, 'hex');
  const name = Buffer.from(document.name ?? '', 'utf8').subarray(0, MAX_NAME_BYTES);
  header.writeUInt16BE(name.length, NAME_LENGTH_AT);
  name.copy(header, NAME_AT);
  if (seal === null) return header;
  seal.keyId.copy(header, KEY_ID_AT);
  seal.prefix.copy(header, PREFIX_AT);
  sealInPlace(seal, nonceOf(of), header.subarray(CLEAR_END), header.subarray(0, CLEAR_END));
  return header;
}

/**
 * Reads what a header says in the clear.
 *
 * @throws HubError `DOCUMENT_CORRUPT` if it is not one that this version writes
 */
export function decodeClear(header: Buffer): ClearHeader {
  if (header.length !== HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new HubError('DOCUMENT_CORRUPT', 'the file does not begin with the header of a document');
  }
  const [version, cipher, chunk] = [header.readUInt16BE(8), header.readUInt16BE(10), header.readUInt32BE(12)];
  if (version !== VERSION || cipher > AES_256_GCM || chunk !== CHUNK_BYTES) {
    const found = `version ${version}, cipher ${cipher}, chunks of ${chunk}`;
    throw new HubError('DOCUMENT_CORRUPT', `the file has ${found}; this program reads version ${VERSION}`);
  }
  const size = Number(header.readBigUInt64BE(16));
  if (!Number.isSafeInteger(size)) throw impossible();
  if (cipher === NO_CIPHER) return { size, sealed: null };
  const keyId = Buffer.from(header.subarray(KEY_ID_AT, PREFIX_AT));
  return { size, sealed: { keyId, prefix: Buffer.from(header.subarray(PREFIX_AT, PREFIX_AT + 8)) } };
}

/**
 * Reads a header, with the seal that its clear part asks for.
 *
 * @throws HubError `DOCUMENT_CORRUPT` if it is not one that this version writes, or not as it was sealed
 */
export function decodeHeader(
  header: Buffer,
  seal: FileSeal | null = null,
  of: HeaderOf = 'whole',
): StoredDocument {
  const { size, sealed } = decodeClear(header);
  if ((sealed === null) !== (seal === null)) {
    throw new HubError('DOCUMENT_CORRUPT', 'the document is not sealed as its reader takes it to be');
  }
  const clear = header.subarray(0, CLEAR_END);
  const plain =
    seal === null
      ? header
      : Buffer.concat([clear, openBytes(seal, nonceOf(of), header.subarray(CLEAR_END), clear)]);
  const nameBytes = plain.readUInt16BE(NAME_LENGTH_AT);
  if (nameBytes > MAX_NAME_BYTES) throw impossible();
  return {
    size,
    salt: Buffer.from(plain.subarray(SALT_AT, SHA256_AT)),
    sha256: parseSha256(plain.toString('hex', SHA256_AT, SALTED_AT)),
    saltedDigest: parseSha256(plain.toString('hex', SALTED_AT, NAME_LENGTH_AT)),
    name: nameBytes === 0 ? null : plain.toString('utf8', NAME_AT, NAME_AT + nameBytes),
  };
}

function nonceOf(of: HeaderOf): number {
  return of === 'whole' ? HEADER : ARRIVING;
}

function impossible(): HubError {
  return new HubError('DOCUMENT_CORRUPT', 'the header of the document has impossible lengths');
}
