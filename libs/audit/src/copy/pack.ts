/** Packs of the archive: the signed bytes of the entries of a bundle, compressed. docs/adr/0041-the-auditors-tool.md. */
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  type BrotliOptions,
} from 'node:zlib';
import { MAX_BYTES } from '#contracts';
import { HubError } from '#errors';
import { TILE_WIDTH } from '#tlog';

const LENGTH_BYTES = 4;
/** In place of a length: the bytes are not in this copy. */
const ABSENT = 0xffff_ffff;

/** The largest signed bytes that are archived. Bytes. */
export const MAX_SIGNED_BYTES = Math.max(MAX_BYTES.event, MAX_BYTES['signed-item'], MAX_BYTES.registry);
/** What a pack unfolds to at most, bytes. Only a whole bundle of the largest documents would. */
const MAX_UNPACKED_BYTES = TILE_WIDTH * (LENGTH_BYTES + MAX_SIGNED_BYTES);
/** The largest pack as it lies or travels: what does not shrink grows by less than this. */
export const MAX_PACK_BYTES = MAX_UNPACKED_BYTES + 1_048_576;

/** Signed XML is mostly base64 and the same elements again: higher costs three times as much and gains little. */
const QUALITY = 5;
/** Bytes that are unfolded, and looked at, at a time. */
const CHUNK_BYTES = 262_144;

/** What unfolds to no more than this may be unfolded at once, bytes. */
const AT_ONCE_BYTES = 8_388_608;

const compress = promisify(brotliCompress);
/** With `info` it also tells how many bytes of the pack there were. */
const decompressNow = brotliDecompressSync as unknown as (
  pack: Buffer,
  options: BrotliOptions & { readonly info: true },
) => { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };

export interface UnpackOptions {
  /** True for a thread that has nothing else to do: a pack of common size is unfolded at once, in two thirds of the time. */
  readonly atOnce?: boolean;
}

export interface PackOptions {
  /** Of Brotli, 0 to 11. A reader need not know it. */
  readonly quality?: number;
}

/**
 * Writes a pack: of the entries of a bundle, in order, the signed bytes, or null for what is not in this copy.
 * @param signed 1 to 256
 * @throws HubError `LOG_PACK_MALFORMED` for another number, or for bytes that no document of ours has so many of
 */
export async function writePack(
  signed: readonly (Buffer | null)[],
  { quality = QUALITY }: PackOptions = {},
): Promise<Buffer> {
  if (signed.length < 1 || signed.length > TILE_WIDTH) {
    throw malformed(`it has 1 to ${TILE_WIDTH} documents, not ${signed.length}`);
  }
  const parts = signed.flatMap((bytes) => {
    if (bytes !== null && bytes.length > MAX_SIGNED_BYTES) throw tooLarge(bytes.length);
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(bytes?.length ?? ABSENT);
    return bytes === null ? [length] : [length, bytes];
  });
  const content = Buffer.concat(parts);
  return await compress(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}

/**
 * The signed bytes of a pack, null for what it does not have. Not yet believed: their SHA-256 is in the entries.
 * @param width how many documents it has to have
 * @throws HubError `LOG_PACK_MALFORMED`
 */
export async function readPack(pack: Buffer, width: number): Promise<(Buffer | null)[]> {
  const signed: (Buffer | null)[] = [];
  for await (const bytes of unpack(pack, width)) signed.push(bytes);
  return signed;
}

/**
 * The same one by one, in bounded memory: whatever a pack says of itself, no more is unfolded than one document and
 * some, and never more than `width` of the largest documents together.
 * @throws HubError `LOG_PACK_MALFORMED`
 */
export async function* unpack(
  pack: Buffer,
  width: number,
  { atOnce = false }: UnpackOptions = {},
): AsyncGenerator<Buffer | null> {
  if (pack.length > MAX_PACK_BYTES) throw malformed(`it has ${pack.length} bytes`);
  const unfolded = (atOnce ? Unfolded.atOnce(pack) : undefined) ?? Unfolded.byPieces(pack);
  try {
    for (let read = 0; read < width; read += 1) {
      const length = (await unfolded.take(LENGTH_BYTES)).readUInt32BE();
      if (length !== ABSENT && length > MAX_SIGNED_BYTES) throw tooLarge(length);
      yield length === ABSENT ? null : await unfolded.take(length);
    }
    await unfolded.requireEnd();
  } finally {
    unfolded.close();
  }
}

/** What a stream of Brotli (RFC 7932) unfolds to, taken piece by piece. */
class Unfolded {
  readonly #length: number;
  readonly #chunks: Iterator<Buffer> | AsyncIterator<Buffer>;
  /** How many bytes of the pack were unfolded. */
  readonly #consumed: () => number;
  readonly close: () => void;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(
    { length }: Buffer,
    chunks: Iterator<Buffer> | AsyncIterator<Buffer>,
    consumed: () => number,
    close: () => void,
  ) {
    this.#length = length;
    this.#chunks = chunks;
    this.#consumed = consumed;
    this.close = close;
  }

  /** What is not taken is not unfolded. */
  static byPieces(pack: Buffer): Unfolded {
    const stream = createBrotliDecompress({ chunkSize: CHUNK_BYTES });
    const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    stream.end(pack);
    // Whoever has stopped reading is not told of what comes behind.
    const close = (): void => void stream.on('error', () => undefined).destroy();
    return new Unfolded(pack, chunks, () => stream.bytesWritten, close);
  }

  /** Undefined for one that is large, or broken: what is before the break counts, so it is taken by pieces. */
  static atOnce(pack: Buffer): Unfolded | undefined {
    try {
      const limits = { maxOutputLength: AT_ONCE_BYTES, chunkSize: CHUNK_BYTES };
      const { buffer, engine } = decompressNow(pack, { ...limits, info: true });
      const consumed = (): number => engine.bytesWritten;
      return new Unfolded(pack, [buffer].values(), consumed, () => undefined);
    } catch {
      return undefined;
    }
  }

  /** @throws HubError `LOG_PACK_MALFORMED` if it ends before */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.#rest.length === 0 && !(await this.#next())) throw malformed('it ends within a document');
      const part = this.#rest.subarray(0, missing);
      parts.push(part);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
    }
    // A copy: a view would keep a whole chunk for each document that somebody keeps.
    return Buffer.concat(parts);
  }

  /** @throws HubError `LOG_PACK_MALFORMED` if there is more, unfolded or folded */
  async requireEnd(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#next())) throw malformed('it has more documents than entries');
    if (this.#consumed() !== this.#length) throw malformed('bytes follow the compressed stream');
  }

  async #next(): Promise<boolean> {
    try {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#rest = next.value;
      return true;
    } catch (cause) {
      throw malformed('it is no Brotli stream, or not a whole one', cause);
    }
  }
}

function tooLarge(length: number): HubError {
  return malformed(`a document of ${length} bytes, where ${MAX_SIGNED_BYTES} is the most`);
}

function malformed(reason: string, cause?: unknown): HubError {
  return new HubError('LOG_PACK_MALFORMED', `not a pack of the archive: ${reason}`, { cause });
}
