import busboy from 'busboy';
import type { IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';

import { HubError } from '#errors';

import { cleanFileName } from './file-name.ts';

export interface MultipartLimits {
  /** Bytes of one file. */
  readonly fileBytes: number;
  readonly files: number;
  readonly fields: number;
  /** Bytes of one field's value. */
  readonly fieldBytes: number;
}

/** A file of the request, while it arrives. */
export interface MultipartFile {
  /** Name of the form field. */
  readonly field: string;
  /** File name, cleaned; null if there is none. */
  readonly name: string | null;
  readonly mediaType: string;
  /** The content, to be read to its end. Fails with `DOCUMENT_TOO_LARGE` or `MULTIPART_MALFORMED`. */
  readonly content: AsyncIterable<Buffer>;
}

export interface MultipartOptions<T> {
  readonly limits: MultipartLimits;
  /** Stores one file; called for one after another, in the order of the request. */
  readonly onFile: (file: MultipartFile) => Promise<T>;
  /** Undoes `onFile`: called for every stored file when the request fails. */
  readonly discard: (stored: T) => Promise<void>;
}

export interface MultipartRequest<T> {
  /** Values by field name, in the order of the request. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** What `onFile` returned, in the order of the request. */
  readonly files: readonly T[];
}

/** After a failure so many more bytes are read and thrown away, so that the caller sees the answer. */
const DRAINED_BYTES = 16 * 1024 * 1024;
const FIELD_NAME_BYTES = 100;
/** Files that have arrived and wait to be stored: with more the request itself waits. Small ones wait in memory. */
const MAX_WAITING = 16;

/**
 * Reads `multipart/form-data` (RFC 7578), each file straight into `onFile`. All or nothing: on any failure what
 * `onFile` stored is discarded.
 *
 * @throws HubError `MULTIPART_MALFORMED` (also a body that is cut off), `DOCUMENT_TOO_LARGE`, `TOO_MANY_PARTS`,
 *   `FIELD_TOO_LARGE`; what `onFile` throws passes through
 */
export async function readMultipart<T>(
  request: IncomingMessage,
  options: MultipartOptions<T>,
): Promise<MultipartRequest<T>> {
  const reading = new MultipartReading(options);
  try {
    return await reading.read(request);
  } catch (error) {
    drain(request);
    await Promise.allSettled(reading.stored.map((each) => options.discard(each)));
    throw error;
  }
}

class MultipartReading<T> {
  readonly stored: T[] = [];
  readonly #options: MultipartOptions<T>;
  readonly #fields = new Map<string, string[]>();
  #parts = { files: 0, fields: 0 };
  #failure: Error | undefined;
  /** The files, one after another. */
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  #onRoom: () => void = () => undefined;

  constructor(options: MultipartOptions<T>) {
    this.#options = options;
  }

  async read(request: IncomingMessage): Promise<MultipartRequest<T>> {
    if (request.destroyed || request.readableEnded) throw malformed('the request has no body left to read');
    const parser = this.#parser(request);
    const gate = this.#gate();
    const fail = (error: Error): void => {
      this.#failure ??= error;
      request.unpipe(gate);
      gate.destroy();
      parser.destroy(error);
    };
    this.#listen(parser, fail);
    const closed = new Promise<void>((resolve) => {
      parser.once('close', resolve);
    });
    const cut = (): void => {
      if (!request.readableEnded) fail(malformed('the request was cut off'));
    };
    request.once('close', cut).once('error', cut);
    request.pipe(gate).pipe(parser);
    await closed;
    await this.#work;
    request.off('close', cut).off('error', cut);
    if (this.#failure !== undefined) throw this.#failure;
    return { fields: this.#fields, files: this.stored };
  }

  #listen(parser: busboy.Busboy, fail: (error: Error) => void): void {
    const { limits } = this.#options;
    parser.on('error', (cause) => {
      fail(malformed('the multipart body is malformed or ends too early', cause));
    });
    parser.on('partsLimit', () => {
      fail(tooMany('parts', limits.files + limits.fields));
    });
    parser.on('field', (name: string | undefined, value, info) => {
      try {
        this.#field(name, value, info.valueTruncated);
      } catch (error) {
        fail(asError(error));
      }
    });
    parser.on('file', (name: string | undefined, content, info) => {
      // Its error also reaches whoever reads it; a file whose turn has not come has no reader yet.
      content.on('error', () => undefined);
      this.#waiting += 1;
      this.#work = this.#work
        .then(() => this.#file(name, content, info.filename, info.mimeType))
        .catch((error: unknown) => {
          fail(asError(error));
        })
        .finally(() => {
          this.#waiting -= 1;
          if (this.#waiting <= MAX_WAITING) this.#onRoom();
        });
    });
  }

  /**
   * Holds the request back while many files wait. The parser does so only for a file that is larger than a stream's
   * buffer: of small ones it would take in thousands, all of them, faster than they can be stored.
   */
  #gate(): Transform {
    return new Transform({
      transform: (bytes: Buffer, _encoding, pass) => {
        if (this.#waiting <= MAX_WAITING) {
          pass(null, bytes);
          return;
        }
        this.#onRoom = () => {
          this.#onRoom = () => undefined;
          pass(null, bytes);
        };
      },
    });
  }

  #parser(request: IncomingMessage): busboy.Busboy {
    const { limits } = this.#options;
    try {
      return busboy({
        headers: request.headers,
        defParamCharset: 'utf8',
        // One more than allowed each: busboy also stops at exactly its limit.
        limits: { fieldSize: limits.fieldBytes + 1, parts: limits.files + limits.fields + 1 },
      });
    } catch (cause) {
      throw malformed('the request is not multipart/form-data with a boundary', cause);
    }
  }

  #field(name: string | undefined, value: string, truncated: boolean): void {
    const { limits } = this.#options;
    this.#parts.fields += 1;
    if (this.#parts.fields > limits.fields) throw tooMany('fields', limits.fields);
    const field = checkedFieldName(name);
    if (truncated || Buffer.byteLength(value) > limits.fieldBytes) {
      const message = `the field ${field} is longer than ${limits.fieldBytes} bytes`;
      throw new HubError('FIELD_TOO_LARGE', message, { details: { field, maxBytes: limits.fieldBytes } });
    }
    const values = this.#fields.get(field) ?? [];
    values.push(value);
    this.#fields.set(field, values);
  }

  async #file(
    name: string | undefined,
    content: Readable,
    fileName: string | undefined,
    mediaType: string,
  ): Promise<void> {
    if (this.#failure !== undefined) return;
    const { limits, onFile } = this.#options;
    this.#parts.files += 1;
    if (this.#parts.files > limits.files) throw tooMany('files', limits.files);
    const field = checkedFieldName(name);
    const bounded = withinLimit(content, field, limits.fileBytes);
    this.stored.push(await onFile({ field, name: cleanFileName(fileName), mediaType, content: bounded }));
    // A file that `onFile` left unread would hold the request up for ever.
    content.resume();
  }
}

/** The content up to `maxBytes`, with errors of the parser as ours. */
async function* withinLimit(content: Readable, field: string, maxBytes: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const bytes of content as AsyncIterable<Buffer>) {
      size += bytes.length;
      if (size > maxBytes) {
        const message = `the file in ${field} has more than ${maxBytes} bytes`;
        throw new HubError('DOCUMENT_TOO_LARGE', message, { details: { field, maxBytes } });
      }
      yield bytes;
    }
  } catch (error) {
    throw error instanceof HubError ? error : malformed('the multipart body ends within a file', error);
  }
}

function checkedFieldName(name: string | undefined): string {
  if (name !== undefined && name !== '' && Buffer.byteLength(name) <= FIELD_NAME_BYTES) return name;
  throw malformed(`each part needs a name of at most ${FIELD_NAME_BYTES} bytes`);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : malformed('the request could not be read', error);
}

/** Lets the caller finish sending, within bounds: one who is cut off while sending never reads the answer. */
function drain(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = DRAINED_BYTES;
  request.on('data', (bytes: Buffer) => {
    left -= bytes.length;
    if (left < 0) request.destroy();
  });
  request.on('error', () => undefined);
  request.resume();
}

function malformed(message: string, cause?: unknown): HubError {
  return new HubError('MULTIPART_MALFORMED', message, cause === undefined ? {} : { cause });
}

function tooMany(what: string, limit: number): HubError {
  return new HubError('TOO_MANY_PARTS', `the request has more than ${limit} ${what}`, { details: { limit } });
}
