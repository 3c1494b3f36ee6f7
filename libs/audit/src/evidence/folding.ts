/** Deflate (RFC 1951), a whole file at a time. */
import { promisify } from 'node:util';
import {
  deflateRaw,
  deflateRawSync,
  inflateRaw,
  inflateRawSync,
  type InputType,
  type Zlib,
  type ZlibOptions,
} from 'node:zlib';

/** Up to here, bytes, it takes less time than to have a thread do it. */
const AT_ONCE_BYTES = 65_536;

/** What zlib gives when it is asked for what it has done, too. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: Zlib;
}

const inTheBackground = promisify<InputType, ZlibOptions, Inflated>(
  inflateRaw as unknown as (
    input: InputType,
    options: ZlibOptions,
    done: (error: Error | null, result: Inflated) => void,
  ) => void,
);
const deflated = promisify<InputType, Buffer>(deflateRaw);

/** Compressed, at zlib's own level. */
export async function fold(bytes: Buffer): Promise<Buffer> {
  return bytes.length <= AT_ONCE_BYTES ? deflateRawSync(bytes) : await deflated(bytes);
}

/**
 * What was compressed; undefined if something lies behind it.
 * @throws Error of zlib for what is no such stream, or holds more than `mostBytes`
 */
export async function unfold(bytes: Buffer, mostBytes: number): Promise<Buffer | undefined> {
  const options = { info: true, maxOutputLength: Math.max(1, mostBytes) };
  const { buffer, engine } =
    mostBytes <= AT_ONCE_BYTES
      ? (inflateRawSync(bytes, options) as unknown as Inflated)
      : await inTheBackground(bytes, options);
  return engine.bytesWritten === bytes.length ? buffer : undefined;
}
