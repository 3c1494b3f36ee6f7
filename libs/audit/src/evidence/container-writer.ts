import { crc32 } from 'node:zlib';
import { ZipWriter, Uint8ArrayReader, type ZipWriterAddDataOptions } from '@zip.js/zip.js';
import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import { MAX_SEALED_FILES, sealFiles, sha256Hex, type SealedFile, type Signer } from '#evidence';
import { CONTAINER_TYPE, MANIFEST, MIMETYPE, SIGNATURES } from './container-format.ts';
import { fold } from './folding.ts';
import { formatManifest } from './manifest.ts';

/** 1 January 1980, 00:00, the earliest that a ZIP can say: a container does not tell when it was packed. */
const NO_DATE = 0x0021_0000;

/** One spelling for each entry: sizes in front of the data, no extra field, no date, no rights of a file system. */
const ENTRY: ZipWriterAddDataOptions = {
  extendedTimestamp: false,
  rawLastModDate: NO_DATE,
  dataDescriptor: false,
  msDosCompatible: true,
  useWebWorkers: false,
};
/** ETSI EN 319 162-1 annex A.1: the first entry is neither compressed nor has it an extra field. */
const STORED: ZipWriterAddDataOptions = { ...ENTRY, level: 0 };
/** Compressed here, whole: a stream for each of many small files takes longer than they do. */
const DEFLATED: ZipWriterAddDataOptions = { ...ENTRY, passThrough: true, compressionMethod: 8 };

/**
 * Writes an ASiC-E container, one file after the other: of what was written only names and digests stay in memory.
 */
export class ContainerWriter {
  readonly #zip: ZipWriter<unknown>;
  readonly #files: SealedFile[] = [];
  readonly #names = new Set<string>();

  private constructor(zip: ZipWriter<unknown>) {
    this.#zip = zip;
  }

  /** @param out is closed by `seal` or `endUnsealed`, and left to its owner after an error */
  static async open(out: WritableStream<Uint8Array>): Promise<ContainerWriter> {
    const writer = new ContainerWriter(new ZipWriter(out));
    await writer.#zip.add(MIMETYPE, new Uint8ArrayReader(Buffer.from(CONTAINER_TYPE)), STORED);
    return writer;
  }

  /** What was added, in order. */
  get files(): readonly SealedFile[] {
    return this.#files;
  }

  has(name: string): boolean {
    return this.#names.has(name.toLowerCase());
  }

  /**
   * Adds a file; resolves once it was written, at the speed of the reader.
   * @throws HubError `EVIDENCE_TOO_LARGE`, `INTERNAL_ERROR` for a second file of that name; what `out` says
   */
  async add(name: string, mediaType: string, bytes: Buffer): Promise<Sha256> {
    if (this.#files.length === MAX_SEALED_FILES)
      throw new HubError('EVIDENCE_TOO_LARGE', `more than ${MAX_SEALED_FILES} files`);
    if (this.has(name)) throw new HubError('INTERNAL_ERROR', `${name} is in the container already`);
    const sha256 = sha256Hex(bytes);
    await this.#write(name, bytes);
    this.#names.add(name.toLowerCase());
    this.#files.push({ name, mediaType, sha256 });
    return sha256;
  }

  /**
   * Lists and seals everything that was added, and ends the container.
   * @throws HubError of `sealFiles`; what `out` says
   */
  async seal(signer: Signer, at: Date): Promise<void> {
    await this.#write(MANIFEST, formatManifest(this.#files));
    await this.#write(SIGNATURES, await sealFiles(this.#files, signer, at));
    await this.#zip.close();
  }

  /** The same without a seal: what is in it has its own signatures, and nobody says that it is all. @throws what `out` says */
  async endUnsealed(): Promise<void> {
    await this.#write(MANIFEST, formatManifest(this.#files));
    await this.#zip.close();
  }

  async #write(name: string, bytes: Buffer): Promise<void> {
    const how = { ...DEFLATED, uncompressedSize: bytes.length, crc32: crc32(bytes) };
    await this.#zip.add(name, new Uint8ArrayReader(await fold(bytes)), how);
  }
}
