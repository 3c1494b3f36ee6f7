import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { HubError, systemCode } from '#errors';

import type { DocumentKey, DocumentStore, StoredDocument } from './document-store.ts';
import { cleanFileName, encodeExtended } from './file-name.ts';
import { select, type Selection } from './http-range.ts';
import { entityTag, NAME_HEADER, SALT_HEADER, SHA256_HEADER } from './node-protocol.ts';

export interface ServeOptions {
  readonly store: DocumentStore;
  readonly key: DocumentKey;
  /** As the event gives it; something that is no media type becomes `application/octet-stream`. */
  readonly mediaType: string;
  /** File name for the caller; the stored one unless given. */
  readonly name?: string | null;
  /** Nodes also get salt, plain digest and name; partners get the name to save the file under. */
  readonly audience: 'node' | 'partner';
}

/** What was sent. `client-gone`: the caller left before the end. */
export interface Served {
  readonly status: 200 | 206 | 304;
  readonly outcome: 'sent' | 'client-gone';
}

const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;[\x20-\x7e]*)?$/;
const GONE = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']);

/**
 * Answers GET or HEAD for one document: conditions, one range, streamed at the caller's pace and stopped when the
 * caller leaves (RFC 9110 §13–14). Refusals are thrown before anything is sent; a 416 has its Content-Range set.
 *
 * @throws HubError `DOCUMENT_NOT_FOUND`, `DOCUMENT_PRECONDITION_FAILED`, `DOCUMENT_RANGE_UNSATISFIABLE`,
 *   `DOCUMENT_CORRUPT`, `DOCUMENT_STORE_FAILED`. If reading fails after the first byte the connection is cut, so that
 *   the caller cannot take a part for the whole.
 */
export async function serveDocument(
  request: Pick<IncomingMessage, 'method' | 'headers'>,
  response: ServerResponse,
  options: ServeOptions,
): Promise<Served> {
  const { store, key } = options;
  const document = await store.stat(key);
  const { headers, method = 'GET' } = request;
  const conditions = {
    method,
    range: headers.range,
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    ifRange: headers['if-range']?.toString(),
  };
  const selection = accept(
    select(conditions, entityTag(document.saltedDigest), document.size),
    document,
    response,
  );
  setHeaders(response, document, options);
  if (selection.kind === 'not-modified') {
    response.writeHead(304).end();
    return { status: 304, outcome: 'sent' };
  }
  const part = selection.kind === 'part' ? selection : { start: 0, end: document.size - 1 };
  const status = selection.kind === 'part' ? 206 : 200;
  response.statusCode = status;
  response.setHeader(
    'Content-Type',
    MEDIA_TYPE.test(options.mediaType) ? options.mediaType : 'application/octet-stream',
  );
  response.setHeader('Content-Length', part.end - part.start + 1);
  if (status === 206) response.setHeader('Content-Range', `bytes ${part.start}-${part.end}/${document.size}`);
  if (method === 'HEAD') {
    response.end();
    return { status, outcome: 'sent' };
  }
  const content = status === 200 ? proved(store.open(key), document) : store.open(key, part);
  return { status, outcome: await send(Readable.from(content, { objectMode: false }), response) };
}

/** A whole document, its last bytes only if all of them have the digest that it was stored with. */
async function* proved(
  content: AsyncIterable<Buffer>,
  { sha256 }: StoredDocument,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  for await (const bytes of content) {
    if (held !== undefined) yield held;
    hash.update(bytes);
    held = bytes;
  }
  if (hash.digest('hex') !== sha256)
    throw new HubError('DOCUMENT_CORRUPT', 'the content of a stored document is not what was stored');
  if (held !== undefined) yield held;
}

type Accepted = Exclude<Selection, { readonly kind: 'unsatisfiable' | 'precondition-failed' }>;

function accept(selection: Selection, document: StoredDocument, response: ServerResponse): Accepted {
  if (selection.kind === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${document.size}`);
    const message = `the document has ${document.size} bytes`;
    throw new HubError('DOCUMENT_RANGE_UNSATISFIABLE', message, { details: { size: document.size } });
  }
  if (selection.kind === 'precondition-failed') {
    const message = 'the stored document has another salted digest than If-Match names';
    throw new HubError('DOCUMENT_PRECONDITION_FAILED', message);
  }
  return selection;
}

function setHeaders(response: ServerResponse, document: StoredDocument, options: ServeOptions): void {
  const name = cleanFileName(options.name ?? document.name);
  response.setHeader('ETag', entityTag(document.saltedDigest));
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Cache-Control', 'private, no-cache, no-transform');
  if (options.audience === 'node') {
    response.setHeader(SALT_HEADER, document.salt.toString('base64'));
    response.setHeader(SHA256_HEADER, document.sha256);
    if (name !== null) response.setHeader(NAME_HEADER, encodeExtended(name));
    return;
  }
  // A citizen's file is saved, never run in the desk's own origin.
  const saved = name === null ? 'attachment' : `attachment; filename*=${encodeExtended(name)}`;
  response.setHeader('Content-Disposition', saved);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
}

async function send(content: Readable, response: ServerResponse): Promise<Served['outcome']> {
  try {
    await pipeline(content, response);
    return 'sent';
  } catch (error) {
    if (!(error instanceof HubError) && GONE.has(systemCode(error) ?? '')) return 'client-gone';
    throw error;
  }
}
