import type { IncomingMessage } from 'node:http';

import { HubError } from '#errors';

import { readBytes } from './read-bytes.ts';

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

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new HubError('REQUEST_MALFORMED', 'the body is not well-formed JSON in UTF-8', { cause });
  }
}
