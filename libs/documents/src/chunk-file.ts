import type { FileHandle } from 'node:fs/promises';

import { HubError } from '#errors';

import { onDisk } from './disk.ts';
import type { StoredDocument } from './document-store.ts';
import {
  CHUNK_BYTES,
  decodeClear,
  decodeHeader,
  encodeHeader,
  fileBytes,
  HEADER_BYTES,
  slotAt,
  SLOT_BYTES,
  TAG_BYTES,
  wholeChunks,
  type ClearHeader,
  type HeaderOf,
} from './layout.ts';
import { openBytes, sealInPlace, type FileSeal } from './sealing.ts';

/** What the store is about to do to the disk. Tests and fault suites throw from here, or stop the process. */
export type DiskStep = 'write' | 'sync' | 'publish';
export type DiskHook = (step: DiskStep) => void;

/** With what a file is sealed, as its clear header says; null for a plain one. */
export type SealFinder = (clear: ClearHeader) => Promise<FileSeal | null>;

/**
 * Writes a document chunk by chunk through one buffer of 64 KiB, whatever the size of the document. Each chunk is sealed
 * as it is written; without a seal the tag after it is zero.
 */
export class ChunkWriter {
  readonly #slot = Buffer.alloc(SLOT_BYTES);
  #filled = 0;
  #chunk = 0;
  #seal: Promise<FileSeal | null>;

  /** `hook` is called before each write and sync. The seal is waited for when there is something to seal. */
  constructor(
    readonly handle: FileHandle,
    readonly hook: DiskHook,
    seal: Promise<FileSeal | null> = Promise.resolve(null),
  ) {
    this.#seal = seal;
    // Whoever writes gets its error; a stream that breaks before anything is written does not ask.
    seal.catch(() => undefined);
  }

  /** What is written from now on is sealed so. */
  sealWith(seal: FileSeal | null): void {
    this.#seal = Promise.resolve(seal);
  }

  /** @throws HubError `DISK_FULL`, `DOCUMENT_STORE_FAILED` */
  async write(bytes: Buffer): Promise<void> {
    for (let taken = 0; taken < bytes.length;) {
      const part = bytes.copy(this.#slot, this.#filled, taken, taken + CHUNK_BYTES - this.#filled);
      taken += part;
      this.#filled += part;
      if (this.#filled === CHUNK_BYTES) await this.#flush();
    }
  }

  /** Writes the last, shorter chunk, then the header, and waits until all is on disk. */
  async finish(document: StoredDocument): Promise<void> {
    if (this.#filled > 0) await this.#flush();
    await this.writeHeader(document);
    await this.sync();
  }

  async writeHeader(document: StoredDocument, of: HeaderOf = 'whole'): Promise<void> {
    await this.#writeAt(encodeHeader(document, await this.#seal, of), 0);
  }

  async sync(): Promise<void> {
    await onDisk('sync a document', async () => {
      this.hook('sync');
      await this.handle.sync();
    });
  }

  /** Goes on after `chunks` whole chunks; what follows them is cut off. */
  async continueAfter(chunks: number): Promise<void> {
    await onDisk('cut a document', () => this.handle.truncate(chunks === 0 ? 0 : slotAt(chunks)));
    this.#chunk = chunks;
    this.#filled = 0;
  }

  /** Whole chunks on disk. */
  get chunks(): number {
    return this.#chunk;
  }

  async #flush(): Promise<void> {
    const slot = this.#slot.subarray(0, this.#filled + TAG_BYTES);
    const seal = await this.#seal;
    if (seal === null) slot.fill(0, this.#filled);
    else sealInPlace(seal, this.#chunk, slot);
    await this.#writeAt(slot, slotAt(this.#chunk));
    this.#chunk += 1;
    this.#filled = 0;
  }

  async #writeAt(bytes: Buffer, position: number): Promise<void> {
    await onDisk('write a document', async () => {
      this.hook('write');
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    });
  }
}

/** A file whose header was read. */
export interface OpenedDocument {
  readonly document: StoredDocument;
  readonly seal: FileSeal | null;
}

/**
 * Reads the header and checks that the file is as long as it says.
 *
 * @throws HubError `DOCUMENT_CORRUPT`, `DOCUMENT_STORE_FAILED`, and what `find` throws
 */
export async function readDocumentHeader(handle: FileHandle, find: SealFinder): Promise<OpenedDocument> {
  const header = await readAt(handle, 0, HEADER_BYTES);
  const clear = decodeClear(header);
  const { size } = await onDisk('read a document', () => handle.stat());
  if (size !== fileBytes(clear.size))
    throw new HubError('DOCUMENT_CORRUPT', `the file has ${size} bytes instead of ${fileBytes(clear.size)}`);
  const seal = await find(clear);
  return { document: decodeHeader(header, seal), seal };
}

/** A document that is arriving. */
export interface HeldDocument extends OpenedDocument {
  /** Whole chunks that are there. */
  readonly chunks: number;
  /** Nothing follows them: whoever wrote it was not interrupted. */
  readonly isEven: boolean;
}

/** What is there of a document that is arriving; undefined if there is no header. */
export async function readPartialHeader(
  handle: FileHandle,
  find: SealFinder,
): Promise<HeldDocument | undefined> {
  const { size } = await onDisk('read a document', () => handle.stat());
  if (size < HEADER_BYTES) return undefined;
  const header = await readAt(handle, 0, HEADER_BYTES);
  const seal = await find(decodeClear(header));
  const document = seal === null ? decodeHeader(header) : decodeEither(header, seal);
  const chunks = Math.min(wholeChunks(size), Math.floor(document.size / CHUNK_BYTES));
  return { document, seal, chunks, isEven: size === slotAt(chunks) };
}

/** Whoever was interrupted at its last step has written the header of a whole document already. */
function decodeEither(header: Buffer, seal: FileSeal): StoredDocument {
  try {
    return decodeHeader(header, seal, 'arriving');
  } catch {
    return decodeHeader(header, seal, 'whole');
  }
}

/** The content from byte `start` up to but without `until`, chunk by chunk; of a sealed one each is proved first. */
export async function* readContent(
  handle: FileHandle,
  start: number,
  until: number,
  { document: { size }, seal }: OpenedDocument,
): AsyncGenerator<Buffer, void, undefined> {
  // What is read sealed is opened into bytes of its own: one buffer is enough for it.
  const sealed = seal === null ? undefined : Buffer.allocUnsafe(SLOT_BYTES);
  for (let at = start; at < until;) {
    const chunk = Math.floor(at / CHUNK_BYTES);
    const first = chunk * CHUNK_BYTES;
    const content = Math.min(CHUNK_BYTES, size - first);
    const wanted = sealed?.subarray(0, content + TAG_BYTES) ?? Buffer.allocUnsafe(content);
    const read = await readInto(handle, slotAt(chunk), wanted);
    const bytes = seal === null ? read : openBytes(seal, chunk, read);
    const part = bytes.subarray(at - first, until - first);
    yield part;
    at += part.length;
  }
}

/** What a file's header says in the clear. @throws HubError `DOCUMENT_CORRUPT` */
export async function readClearHeader(handle: FileHandle): Promise<ClearHeader> {
  return decodeClear(await readAt(handle, 0, HEADER_BYTES));
}

function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  return readInto(handle, position, Buffer.allocUnsafe(length));
}

async function readInto(handle: FileHandle, position: number, bytes: Buffer): Promise<Buffer> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await onDisk('read a document', () =>
      handle.read(bytes, done, bytes.length - done, position + done),
    );
    if (bytesRead === 0) throw new HubError('DOCUMENT_CORRUPT', 'the file of a document is cut off');
    done += bytesRead;
  }
  return bytes;
}
