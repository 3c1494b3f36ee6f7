import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';

const compress = promisify(gzip);

/** What a reader is told about a file of the log (c2sp.org/tlog-tiles). */
export interface LogFileKind {
  readonly contentType: string;
  readonly cacheControl: string;
  /** Text that shrinks: compressed for whoever says that it reads gzip. */
  readonly compressible: boolean;
}

/** It is replaced: to be asked for again each time, which costs nothing while it is the same. */
export const CHECKPOINT: LogFileKind = {
  contentType: 'text/plain; charset=utf-8',
  cacheControl: 'no-cache',
  compressible: false,
};
/**
 * A path has one content for ever, that of a partial tile, too. Private: a cache that several use does not know who
 * among them may read it.
 */
const TILE_CACHING = 'private, max-age=31536000, immutable';
export const HASH_TILE: LogFileKind = {
  contentType: 'application/octet-stream',
  cacheControl: TILE_CACHING,
  compressible: false,
};
export const ENTRY_BUNDLE: LogFileKind = { ...HASH_TILE, compressible: true };
/** Compressed as it is kept. */
export const ARCHIVE_PACK: LogFileKind = HASH_TILE;
/** Made to be given out: its items are what they are, its bytes are nobody's to keep. */
export const PASSING_PACK: LogFileKind = { ...HASH_TILE, cacheControl: 'private, no-cache' };
/** Signed bytes of any kind are XML; their path says which they are, by digest or by number. */
export const SIGNED_XML: LogFileKind = { ...HASH_TILE, contentType: 'application/xml', compressible: true };

/** Answers with a file of the log, or 304 if the caller has it. The entity tag follows from the bytes that travel. */
export async function sendLogFile(
  request: Request,
  response: Response,
  bytes: Buffer,
  kind: LogFileKind,
): Promise<void> {
  const digest = createHash('sha256').update(bytes).digest('base64url');
  response.set({ 'Content-Type': kind.contentType, 'Cache-Control': kind.cacheControl });
  if (kind.compressible) response.vary('Accept-Encoding');
  if (!kind.compressible || request.acceptsEncodings('gzip', 'identity') !== 'gzip') {
    response.set('ETag', `"${digest}"`).send(bytes);
    return;
  }
  response.set({ 'Content-Encoding': 'gzip', ETag: `"${digest}.gz"` });
  response.send(await compress(bytes));
}
