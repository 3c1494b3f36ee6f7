import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HubError } from '#errors';
import { resolvePath } from '../network/home.ts';

/** Where bytes went, and what they are. */
export interface WrittenOut {
  readonly out: string;
  readonly size: number;
  readonly sha256: string;
}

/** Writes bytes into the file that the caller named, as they are. @throws HubError `FILE_UNREADABLE` */
export async function writeOut(name: string, bytes: Buffer): Promise<WrittenOut> {
  const out = resolvePath(name);
  await writeFile(out, bytes).catch((cause: unknown) => {
    throw new HubError('FILE_UNREADABLE', `${name} cannot be written`, { cause });
  });
  return { out, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * Writes what comes into the file that the caller named; it has that name once all of it has come.
 * @throws HubError `FILE_UNREADABLE`, `NODE_ANSWER_UNEXPECTED` for what is cut off: then nothing is left behind
 */
export async function writeStream(name: string, bytes: ReadableStream<Uint8Array>): Promise<WrittenOut> {
  const out = resolvePath(name);
  const part = `${out}.part`;
  const sha256 = createHash('sha256');
  let size = 0;
  const counted = async function* (parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const each of parts) {
      sha256.update(each);
      size += each.length;
      yield each;
    }
  };
  try {
    await pipeline(Readable.fromWeb(bytes), counted, createWriteStream(part));
    await rename(part, out);
  } catch (cause) {
    await rm(part, { force: true });
    const isDisk = cause instanceof Error && 'syscall' in cause && 'path' in cause;
    if (isDisk) throw new HubError('FILE_UNREADABLE', `${name} cannot be written`, { cause });
    throw new HubError('NODE_ANSWER_UNEXPECTED', 'the answer was cut off before its end', { cause });
  }
  return { out, size, sha256: sha256.digest('hex') };
}
