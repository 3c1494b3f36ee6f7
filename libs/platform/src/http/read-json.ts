import type { IncomingMessage } from 'node:http';

import { HubError } from '#errors';

/**
 * Reads the JSON body of a request. It is read only when a route asks for it, after the guard has let the caller in.
 *
 * @param limitBytes a longer body is refused, by its announced length before anything is read
 * @returns the parsed value; `undefined` when the request has no body
 * @throws HubError `CONTENT_TYPE_UNSUPPORTED`, `BODY_TOO_LARGE`, `BODY_CUT_OFF`, `REQUEST_MALFORMED`
 */
export async function readJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const announced = Number(request.headers['content-length'] ?? Number.NaN);
  const hasBody = announced > 0 || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody) return undefined;
  try {
    checkType(request);
    if (announced > limitBytes) throw tooLarge(limitBytes);
    const bytes = await readBytes(request, limitBytes);
    return bytes.length === 0 ? undefined : parse(bytes);
  } catch (error) {
    // What is left is read and thrown away, or the caller could not read the answer.
    request.resume();
    throw error;
  }
}

function checkType(request: IncomingMessage): void {
  const [mediaType = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  if (!/^application\/(json|[a-z0-9.+-]+\+json)$/.test(mediaType.trim())) {
    const got = mediaType === '' ? 'no Content-Type' : mediaType.trim().slice(0, 80);
    throw new HubError('CONTENT_TYPE_UNSUPPORTED', `the body must be application/json, got ${got}`);
  }
  // RFC 8259 §8.1: JSON between systems is UTF-8.
  const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-8"?$/.test(charset.trim())) {
    throw new HubError('CONTENT_TYPE_UNSUPPORTED', 'the body must be in UTF-8');
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HubError('CONTENT_TYPE_UNSUPPORTED', 'the body must not be compressed');
  }
}

function tooLarge(limitBytes: number): HubError {
  return new HubError('BODY_TOO_LARGE', `the body may have at most ${limitBytes} bytes`, {
    details: { limitBytes },
  });
}

function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > limitBytes) reject(tooLarge(limitBytes));
  };
  const onEnd = (): void => {
    resolve(Buffer.concat(chunks));
  };
  const onCut = (cause?: unknown): void => {
    reject(new HubError('BODY_CUT_OFF', `the connection ended after ${size} bytes of the body`, { cause }));
  };
  request.on('data', onData).once('end', onEnd).once('error', onCut).once('close', onCut);
  return promise.finally(() => {
    request.off('data', onData).off('end', onEnd).off('close', onCut);
    // The error listener stays: a later error of a request that has its answer must not end the process.
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new HubError('REQUEST_MALFORMED', 'the body is not well-formed JSON in UTF-8', { cause });
  }
}
