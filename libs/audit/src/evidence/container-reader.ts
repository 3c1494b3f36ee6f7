import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { Reader, Uint8ArrayWriter, ZipReader, type FileEntry } from '@zip.js/zip.js';
import { HubError, type ErrorCode } from '#errors';
import { isSealableName, MAX_SEALED_FILES } from '#evidence';
import { CONTAINER_TYPE, MANIFEST, MIMETYPE, SIGNATURES, SUMMARY, CONTENTS } from './container-format.ts';
import { unfold } from './folding.ts';

const MEBIBYTE = 1024 * 1024;
/** What a file unfolds to at most, bytes. A registry entry is the largest signed document. */
const MOST_BYTES = 2 * MEBIBYTE;
/** The seal and the lists grow with the number of files. */
const MOST_BYTES_OF: Readonly<Record<string, number>> = {
  [MANIFEST]: 16 * MEBIBYTE,
  [SIGNATURES]: 48 * MEBIBYTE,
  [SUMMARY]: 64 * MEBIBYTE,
  [CONTENTS]: 8 * MEBIBYTE,
};
/** What all of them unfold to at most together, bytes. */
const MOST_BYTES_TOGETHER = 2_048 * MEBIBYTE;
/** Of a local header and of an entry of the directory, before the name; of the end of the directory. APPNOTE 6.3 §4.3. */
const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_ENTRY_BYTES = 46;
const DIRECTORY_END_BYTES = 22;

/**
 * Reads an ASiC-E container that may come from anyone. Every reader must see the same files in it: nothing before,
 * between or after them, each name once and safe, headers that agree, and no more bytes than such a container has.
 * Nothing is unpacked into a file system.
 */
export class ContainerReader {
  readonly #file: FileHandle;
  readonly #zip: ZipReader<unknown>;
  readonly #entries = new Map<string, FileEntry>();

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#zip = new ZipReader(new HandleReader(file, size), {
      strictness: 'strict',
      // Names are judged here, by our own rule and with a code of their own.
      filenameValidation: 'tolerant',
      useWebWorkers: false,
    });
  }

  /**
   * @throws HubError `FILE_UNREADABLE`, `EVIDENCE_CONTAINER_MALFORMED`, `EVIDENCE_NAME_UNSAFE`, `EVIDENCE_NAME_DUPLICATE`,
   *   `EVIDENCE_TOO_LARGE`
   */
  static async open(path: string): Promise<ContainerReader> {
    const file = await open(path).catch((cause: unknown) => {
      throw new HubError('FILE_UNREADABLE', `${path} cannot be read`, { cause });
    });
    try {
      const { size } = await file.stat();
      const reader = new ContainerReader(file, size);
      await reader.#readDirectory(size);
      await reader.#requireMimetype();
      return reader;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Every file, in the order in which they lie. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * A file's bytes.
   * @throws HubError `EVIDENCE_FILE_MISSING`, `EVIDENCE_CONTAINER_MALFORMED` if it does not unfold to what it says
   */
  async read(name: string): Promise<Buffer> {
    const entry = this.#entries.get(name);
    if (entry === undefined)
      throw new HubError('EVIDENCE_FILE_MISSING', `the container has no ${quoted(name)}`);
    try {
      // As it lies there, its header compared with the directory: a stream for each small file takes a millisecond to set up.
      const stored = Buffer.from(await entry.getData(new Uint8ArrayWriter(), { passThrough: true }));
      const bytes = entry.compressionMethod === 0 ? stored : await unfold(stored, entry.uncompressedSize);
      if (bytes?.length === entry.uncompressedSize && crc32(bytes) === entry.crc32) return bytes;
    } catch (cause) {
      throw asHubError(cause);
    }
    throw malformed(`${quoted(name)} does not unfold to the ${entry.uncompressedSize} bytes that it says`);
  }

  async close(): Promise<void> {
    await this.#zip.close();
    await this.#file.close();
  }

  async #readDirectory(size: number): Promise<void> {
    let bytes = 0;
    let end = 0;
    let directory = DIRECTORY_END_BYTES;
    try {
      for await (const entry of this.#zip.getEntriesGenerator()) {
        if (entry.directory) throw malformed(`${quoted(entry.filename)} is a folder`);
        requireName(entry.filename, this.#entries);
        requirePlain(entry, end);
        end = entry.offset + LOCAL_HEADER_BYTES + entry.rawFilename.length + entry.compressedSize;
        directory += DIRECTORY_ENTRY_BYTES + entry.rawFilename.length;
        bytes += entry.uncompressedSize;
        requireBounds(entry, this.#entries.size + 1, bytes);
        this.#entries.set(entry.filename, entry);
      }
      if (end + directory !== size) throw malformed('it holds bytes that are in no file');
    } catch (cause) {
      throw asHubError(cause);
    }
  }

  /** ETSI EN 319 162-1 annex A.1. */
  async #requireMimetype(): Promise<void> {
    const [first] = this.#entries.values();
    if (first?.filename !== MIMETYPE || first.compressionMethod !== 0)
      throw malformed('its first file is not mimetype, stored as it is');
    const type = await this.read(MIMETYPE);
    if (type.toString('latin1') !== CONTAINER_TYPE) throw malformed('its mimetype is not that of ASiC-E');
  }
}

/** How much of the file is read at once, bytes: many small files. */
const BLOCK_BYTES = 262_144;

/** What `ZipReader` reads an open file with. */
class HandleReader extends Reader<FileHandle> {
  readonly #file: FileHandle;
  /** The block that was read last, and where it begins. */
  #block: { readonly at: number; readonly bytes: Uint8Array } = { at: 0, bytes: new Uint8Array() };

  constructor(file: FileHandle, size: number) {
    super(file);
    this.#file = file;
    this.size = size;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const end = Math.min(index + length, this.size);
    const { at, bytes } = this.#block;
    if (index < at || end > at + bytes.length) {
      const block = new Uint8Array(Math.min(Math.max(length, BLOCK_BYTES), Math.max(0, this.size - index)));
      const { bytesRead } = await this.#file.read(block, 0, block.length, index);
      this.#block = { at: index, bytes: block.subarray(0, bytesRead) };
    }
    return this.#block.bytes.slice(index - this.#block.at, end - this.#block.at);
  }
}

function requireName(name: string, entries: ReadonlyMap<string, FileEntry>): void {
  if (name !== MIMETYPE && name !== MANIFEST && name !== SIGNATURES && !isSealableName(name))
    throw new HubError('EVIDENCE_NAME_UNSAFE', `${quoted(name)} is no name that a file here may have`);
  if (entries.has(name)) throw duplicate(name);
}

/** Stored or deflated, without encryption, extra field, comment or descriptor, right behind the one before. */
function requirePlain(entry: FileEntry, end: number): void {
  const {
    filename: name,
    rawBitFlag,
    compressionMethod,
    encrypted,
    offset,
    rawExtraField,
    rawComment,
  } = entry;
  // Bits 1 and 2 say how hard deflate tried (APPNOTE 6.3 §4.4.4).
  const isPlain = !encrypted && ((rawBitFlag ?? 0) & ~0b110) === 0;
  if (!isPlain || rawComment.length > 0 || (compressionMethod !== 0 && compressionMethod !== 8))
    throw malformed(`${quoted(name)} is stored in a way that such containers do not use`);
  if (rawExtraField.length > 0) throw malformed(`${quoted(name)} has an extra field`);
  if (offset !== end) throw malformed(`something lies before ${quoted(name)} that is in no file`);
}

function requireBounds({ filename, uncompressedSize }: FileEntry, files: number, bytes: number): void {
  if (files > MAX_SEALED_FILES + 3) throw new HubError('EVIDENCE_TOO_LARGE', `more than ${files} files`);
  const most = MOST_BYTES_OF[filename] ?? MOST_BYTES;
  if (uncompressedSize > most)
    throw new HubError(
      'EVIDENCE_TOO_LARGE',
      `${quoted(filename)} unfolds to ${uncompressedSize} bytes, over ${most}`,
    );
  if (bytes > MOST_BYTES_TOGETHER)
    throw new HubError('EVIDENCE_TOO_LARGE', `its files unfold to more than ${MOST_BYTES_TOGETHER} bytes`);
}

function asHubError(cause: unknown): HubError {
  if (cause instanceof HubError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code: ErrorCode = /duplicate/i.test(reason)
    ? 'EVIDENCE_NAME_DUPLICATE'
    : 'EVIDENCE_CONTAINER_MALFORMED';
  return new HubError(code, `not a ZIP that everybody reads alike: ${reason}`, { cause });
}

function duplicate(name: string): HubError {
  return new HubError('EVIDENCE_NAME_DUPLICATE', `${quoted(name)} is there twice`);
}

function malformed(reason: string): HubError {
  return new HubError('EVIDENCE_CONTAINER_MALFORMED', `not a container of evidence: ${reason}`);
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 120));
}
