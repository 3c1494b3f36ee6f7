import { constants, open, rename, rm, type FileHandle } from 'node:fs/promises';

import { parseSha256, type Sha256 } from '#contracts';
import { HubError } from '#errors';

import { ChunkWriter, readContent, readPartialHeader, type DiskHook } from './chunk-file.ts';
import { ifThere, onDisk } from './disk.ts';
import type { PartialDocument, StoredDocument } from './document-store.ts';
import { cleanFileName } from './file-name.ts';
import { CHUNK_BYTES } from './layout.ts';
import { DocumentHasher } from './salted-digest.ts';

const UNKNOWN_SHA256 = parseSha256('0'.repeat(64));

interface PartialOptions {
  /** Where the file rests between two attempts. */
  readonly resting: string;
  /** Where it is while this process has it. Moving it there is the claim: of two processes one gets it. */
  readonly own: string;
  readonly expected: { readonly size: number; readonly saltedDigest: Sha256 };
  readonly hook: DiskHook;
  /** Makes the finished file the document. */
  readonly publish: (path: string, document: StoredDocument) => Promise<StoredDocument>;
}

/** Opens what arrived earlier, or an empty file. Content that was there is read once, to hash it again. */
export async function openPartial(options: PartialOptions): Promise<PartialDocument> {
  await ifThere('claim a half-arrived document', () => rename(options.resting, options.own));
  const flags = constants.O_RDWR | constants.O_CREAT;
  const handle = await onDisk('open a half-arrived document', () => open(options.own, flags, 0o600));
  const partial = new ArrivingDocument(handle, options);
  try {
    await partial.load();
    return partial;
  } catch (error) {
    await partial.abandon();
    throw error;
  }
}

/** A document on its way in. On disk there are whole chunks only, so that each can be sealed when it is written. */
class ArrivingDocument implements PartialDocument {
  readonly #handle: FileHandle;
  readonly #options: PartialOptions;
  readonly #writer: ChunkWriter;
  #hasher: DocumentHasher | null = null;
  #name: string | null = null;
  #open = true;

  constructor(handle: FileHandle, options: PartialOptions) {
    this.#handle = handle;
    this.#options = options;
    this.#writer = new ChunkWriter(handle, options.hook);
  }

  get offset(): number {
    return this.#hasher?.size ?? 0;
  }

  get salt(): Buffer | null {
    return this.#hasher?.salt ?? null;
  }

  /** Takes over what an earlier attempt left, if it is for the content that is expected now. */
  async load(): Promise<void> {
    const held = await readPartialHeader(this.#handle).catch((error: unknown) => {
      if (error instanceof HubError && error.code === 'DOCUMENT_CORRUPT') return undefined;
      throw error;
    });
    const { size, saltedDigest } = this.#options.expected;
    if (held?.document.size !== size || held.document.saltedDigest !== saltedDigest) {
      await this.reset();
      return;
    }
    const hasher = new DocumentHasher(held.document.salt);
    const content = readContent(this.#handle, 0, held.chunks * CHUNK_BYTES, size);
    for await (const bytes of content) hasher.update(bytes);
    await this.#writer.continueAfter(held.chunks);
    this.#hasher = hasher;
    this.#name = held.document.name;
  }

  async begin(salt: Buffer, name: string | null): Promise<void> {
    const hasher = new DocumentHasher(salt);
    await this.reset();
    this.#name = cleanFileName(name);
    const { size, saltedDigest } = this.#options.expected;
    await this.#writer.writeHeader({ size, saltedDigest, salt, sha256: UNKNOWN_SHA256, name: this.#name });
    this.#hasher = hasher;
  }

  async append(bytes: Buffer): Promise<void> {
    const hasher = this.#begun();
    if (hasher.size + bytes.length > this.#options.expected.size) {
      const message = `more than the ${this.#options.expected.size} bytes that the event names`;
      throw new HubError('DOCUMENT_TOO_LARGE', message);
    }
    hasher.update(bytes);
    await this.#writer.write(bytes);
  }

  async reset(): Promise<void> {
    this.#hasher = null;
    await this.#writer.continueAfter(0);
  }

  async complete(): Promise<StoredDocument> {
    const hasher = this.#begun();
    const { size, saltedDigest } = this.#options.expected;
    const digests = hasher.digest();
    this.#hasher = null;
    if (digests.size !== size || digests.saltedDigest !== saltedDigest) {
      await this.reset();
      const got = `${digests.size} bytes with salted digest ${digests.saltedDigest}`;
      const message = `the event names ${size} bytes with salted digest ${saltedDigest}, there came ${got}`;
      throw new HubError('DOCUMENT_DIGEST_MISMATCH', message);
    }
    const document = { ...digests, salt: hasher.salt, name: this.#name };
    await this.#writer.finish(document);
    const present = await this.#options.publish(this.#options.own, document).catch(async (error: unknown) => {
      // A full disk is no reason to fetch again what is here: `close` keeps it.
      if (error instanceof HubError && error.code === 'DOCUMENT_EXISTS') await this.abandon();
      throw error;
    });
    await this.abandon();
    return present;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    if (this.#writer.chunks === 0) return this.abandon();
    try {
      await this.#writer.sync();
      await onDisk('keep a half-arrived document', () => rename(this.#options.own, this.#options.resting));
    } finally {
      await this.abandon();
    }
  }

  /** Closes and deletes the file, if it was not moved elsewhere. */
  async abandon(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
    await onDisk('remove a temporary file', () => rm(this.#options.own, { force: true }));
  }

  #begun(): DocumentHasher {
    if (this.#hasher !== null && this.#open) return this.#hasher;
    throw new HubError(
      'DOCUMENT_STORE_FAILED',
      'a document that has not begun, or has ended, takes no bytes',
    );
  }
}
