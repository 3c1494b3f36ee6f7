import type { FileHandle } from 'node:fs/promises';

import { HubError } from '#errors';

import { onDisk } from './disk.ts';
import type { StoredDocument } from './document-store.ts';
import {
  CHUNK_BYTES,
  decodeHeader,
  encodeHeader,
  fileBytes,
  HEADER_BYTES,
  slotAt,
  SLOT_BYTES,
  wholeChunks,
} from './layout.ts';

/** What the store is about to do to the disk. Tests and fault suites throw from here, or stop the process. */
export type DiskStep = 'write' | 'sync' | 'publish';
export type DiskHook = (step: DiskStep) => void;

/**
 * Writes a document chunk by chunk through one buffer of 64 KiB, whatever the size of the document. The tag after
 * each chunk is zero.
 */
export class ChunkWriter {
  readonly #slot = Buffer.alloc(SLOT_BYTES);
  #filled = 0;
  #chunk = 0;

  /** `hook` is called before each write and sync. */
  constructor(
    readonly handle: FileHandle,
    readonly hook: DiskHook,
  ) {}

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

  async writeHeader(document: StoredDocument): Promise<void> {
    await this.#writeAt(encodeHeader(document), 0);
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
    const content = this.#filled;
    this.#slot.fill(0, content);
    await this.#writeAt(this.#slot.subarray(0, content + SLOT_BYTES - CHUNK_BYTES), slotAt(this.#chunk));
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

/**
 * Reads the header and checks that the file is as long as it says.
 *
 * @throws HubError `DOCUMENT_CORRUPT`, `DOCUMENT_STORE_FAILED`
 */
export async function readDocumentHeader(handle: FileHandle): Promise<StoredDocument> {
  const document = decodeHeader(await readAt(handle, 0, HEADER_BYTES));
  const { size } = await onDisk('read a document', () => handle.stat());
  if (size === fileBytes(document.size)) return document;
  throw new HubError('DOCUMENT_CORRUPT', `the file has ${size} bytes instead of ${fileBytes(document.size)}`);
}

/** The header of a document that is arriving, and how many whole chunks are there; undefined if there is none. */
export async function readPartialHeader(
  handle: FileHandle,
): Promise<{ readonly document: StoredDocument; readonly chunks: number } | undefined> {
  const { size } = await onDisk('read a document', () => handle.stat());
  if (size < HEADER_BYTES) return undefined;
  const document = decodeHeader(await readAt(handle, 0, HEADER_BYTES));
  return { document, chunks: Math.min(wholeChunks(size), Math.floor(document.size / CHUNK_BYTES)) };
}

/** The content from byte `start` up to but without `until`, chunk by chunk. */
export async function* readContent(
  handle: FileHandle,
  start: number,
  until: number,
  size: number,
): AsyncGenerator<Buffer, void, undefined> {
  for (let at = start; at < until;) {
    const chunk = Math.floor(at / CHUNK_BYTES);
    const first = chunk * CHUNK_BYTES;
    const bytes = await readAt(handle, slotAt(chunk), Math.min(CHUNK_BYTES, size - first));
    const part = bytes.subarray(at - first, until - first);
    yield part;
    at += part.length;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await onDisk('read a document', () =>
      handle.read(bytes, done, length - done, position + done),
    );
    if (bytesRead === 0) throw new HubError('DOCUMENT_CORRUPT', 'the file of a document is cut off');
    done += bytesRead;
  }
  return bytes;
}
