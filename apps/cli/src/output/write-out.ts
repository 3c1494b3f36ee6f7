import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
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
