import { constants, open, rename, rm, type FileHandle } from 'node:fs/promises';

import { parseSha256, type Sha256 } from '#contracts';
import { HubError } from '#errors';

import {
  ChunkWriter,
  readContent,
  readPartialHeader,
  type DiskHook,
  type HeldDocument,
  type SealFinder,
} from './chunk-file.ts';
import { ifThere, onDisk } from './disk.ts';
import type { PartialDocument, StoredDocument } from './document-store.ts';
import { cleanFileName } from './file-name.ts';
import { CHUNK_BYTES } from './layout.ts';
import { DocumentHasher } from './salted-digest.ts';
import type { FileSeal } from './sealing.ts';

const UNKNOWN_SHA256 = parseSha256('0'.repeat(64));
/** What is held and cannot be opened is fetched again. */
const UNREADABLE: ReadonlySet<string> = new Set([
  'DOCUMENT_CORRUPT',
  'DOCUMENT_KEY_MISSING',
  'DOCUMENT_DESTROYED',
]);

interface PartialOptions {
  /** Where the file rests between two attempts, whole chunks and nothing else. */
  readonly resting: string;
  /** Where it lies if the process that wrote it was interrupted: its last chunk may have been written twice. */
  readonly torn: string;
  /** A new place for it while this process has it. Moving it there is the claim: of two processes one gets it. */
  readonly place: () => string;
  readonly expected: { readonly size: number; readonly saltedDigest: Sha256 };
  readonly hook: DiskHook;
  /** A seal with a new prefix; null in a store without keys. */
  readonly newSeal: () => Promise<FileSeal | null>;
  readonly findSeal: SealFinder;
  /** Makes the finished file the document. */
  readonly publish: (path: string, document: StoredDocument) => Promise<StoredDocument>;
}

/**
 * Opens what arrived earlier, or an empty file. Content that was there is read once, to hash it again. No chunk is ever
 * written a second time under the nonce of the first: where that cannot be excluded, what is held is sealed anew.
 */
export async function openPartial(options: PartialOptions): Promise<PartialDocument> {
  const own = options.place();
  const isResting = await claim(options.resting, own);
  const isTorn = !isResting && (await claim(options.torn, own));
  const partial = await ArrivingDocument.at(own, options);
  try {
    await partial.load(isTorn);
    return partial;
  } catch (error) {
    await partial.abandon();
    throw error;
  }
}

async function claim(path: string, own: string): Promise<boolean> {
  const claimed = await ifThere('claim a half-arrived document', async () => {
    await rename(path, own);
    return true;
  });
  return claimed ?? false;
}

const FLAGS = constants.O_RDWR | constants.O_CREAT;

/** A document on its way in. On disk there are whole chunks only, each sealed when it is written. */
class ArrivingDocument implements PartialDocument {
  readonly #options: PartialOptions;
  #own: string;
  #handle: FileHandle;
  #writer: ChunkWriter;
  #hasher: DocumentHasher | null = null;
  #name: string | null = null;
  #open = true;
  /** Its last chunk, shorter than the others, was written: it would be written again. */
  #ended = false;

  private constructor(handle: FileHandle, own: string, options: PartialOptions) {
    this.#handle = handle;
    this.#own = own;
    this.#options = options;
    this.#writer = new ChunkWriter(handle, options.hook);
  }

  static async at(own: string, options: PartialOptions): Promise<ArrivingDocument> {
    return new ArrivingDocument(await openOwn(own), own, options);
  }

  get offset(): number {
    return this.#hasher?.size ?? 0;
  }

  get salt(): Buffer | null {
    return this.#hasher?.salt ?? null;
  }

  /** Takes over what an earlier attempt left, if it is for the content that is expected now. */
  async load(isTorn: boolean): Promise<void> {
    const held = await readPartialHeader(this.#handle, this.#options.findSeal).catch((error: unknown) => {
      if (error instanceof HubError && UNREADABLE.has(error.code)) return undefined;
      throw error;
    });
    const { size, saltedDigest } = this.#options.expected;
    if (held?.document.size !== size || held.document.saltedDigest !== saltedDigest) {
      await this.reset();
      return;
    }
    const present = await this.#options.newSeal();
    const isSame = present === null ? held.seal === null : held.seal?.keyId.equals(present.keyId) === true;
    if (!isSame || (present !== null && (isTorn || !held.isEven))) return this.#sealAnew(held);
    await this.#goOn(held).catch((error: unknown) => {
      if (error instanceof HubError && error.code === 'DOCUMENT_CORRUPT') return this.reset();
      throw error;
    });
  }

  /** What is held stays where it is. */
  async #goOn(held: HeldDocument): Promise<void> {
    const hasher = new DocumentHasher(held.document.salt);
    for await (const bytes of heldContent(this.#handle, held)) hasher.update(bytes);
    await this.#writer.continueAfter(held.chunks);
    this.#writer.sealWith(held.seal);
    this.#hasher = hasher;
    this.#name = held.document.name;
  }

  /** What is held is copied into a new file, under a new prefix, as far as it is as it was sealed. */
  async #sealAnew(held: HeldDocument): Promise<void> {
    const [source, path] = [this.#handle, this.#own];
    this.#own = this.#options.place();
    this.#handle = await openOwn(this.#own);
    this.#writer = new ChunkWriter(this.#handle, this.#options.hook);
    try {
      await this.begin(held.document.salt, held.document.name);
      for await (const bytes of heldContent(source, held)) await this.append(bytes);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'DOCUMENT_CORRUPT') throw error;
    } finally {
      await source.close();
      await onDisk('remove a temporary file', () => rm(path, { force: true }));
    }
  }

  async begin(salt: Buffer, name: string | null): Promise<void> {
    const hasher = new DocumentHasher(salt);
    await this.reset();
    this.#name = cleanFileName(name);
    this.#writer.sealWith(await this.#options.newSeal());
    const { size, saltedDigest } = this.#options.expected;
    const header = { size, saltedDigest, salt, sha256: UNKNOWN_SHA256, name: this.#name };
    await this.#writer.writeHeader(header, 'arriving');
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
    this.#ended = false;
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
    this.#ended = true;
    await this.#writer.finish(document);
    const present = await this.#options.publish(this.#own, document).catch(async (error: unknown) => {
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
      const { resting, torn } = this.#options;
      const kept = this.#ended ? torn : resting;
      await onDisk('keep a half-arrived document', () => rename(this.#own, kept));
    } finally {
      await this.abandon();
    }
  }

  /** Closes and deletes the file, if it was not moved elsewhere. */
  async abandon(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
    await onDisk('remove a temporary file', () => rm(this.#own, { force: true }));
  }

  #begun(): DocumentHasher {
    if (this.#hasher !== null && this.#open) return this.#hasher;
    throw new HubError(
      'DOCUMENT_STORE_FAILED',
      'a document that has not begun, or has ended, takes no bytes',
    );
  }
}

/** The whole chunks that are there. */
function heldContent(handle: FileHandle, held: HeldDocument): AsyncGenerator<Buffer, void, undefined> {
  return readContent(handle, 0, held.chunks * CHUNK_BYTES, held);
}

async function openOwn(path: string): Promise<FileHandle> {
  return onDisk('open a half-arrived document', () => open(path, FLAGS, 0o600));
}
