import type { IncomingHttpHeaders } from 'node:http';

import { HubError, systemCode } from '#errors';

import type { FetchOrder, FetchSource, SourceProblem } from './fetch-types.ts';
import { entityTag, readSaltHeader, SALT_HEADER } from './node-protocol.ts';

/** Codes with which Node's TLS says that the server's certificate is not to be trusted. */
const UNTRUSTED = new Set([
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** A usable answer: what follows is the content from `offset` to the end. */
export interface Content {
  readonly offset: number;
  readonly salt: Buffer;
}

/** Statuses that mean "later": timeouts, limits, and everything that is the server's own fault. */
function isLater(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** The problem that an answer without content is. */
export function problemOfStatus(source: FetchSource, status: number): SourceProblem {
  const message = `${source.holder} answered ${status}`;
  const details = { source: source.holder, status };
  if (isLater(status)) {
    return {
      source: source.holder,
      kind: 'away',
      error: new HubError('DOCUMENT_SOURCE_AWAY', message, { details }),
    };
  }
  if (status === 412) {
    const error = new HubError(
      'DOCUMENT_DIGEST_MISMATCH',
      `${source.holder} has other content under this id`,
      { details },
    );
    return { source: source.holder, kind: 'wrong', error };
  }
  if (status === 410) {
    const error = new HubError('DOCUMENT_DESTROYED', `${source.holder} has destroyed it`, { details });
    return { source: source.holder, kind: 'gone', error };
  }
  return {
    source: source.holder,
    kind: 'refused',
    error: new HubError('DOCUMENT_SOURCE_REFUSED', message, { details }),
  };
}

/** The problem that a failed connection is: away, unless the certificate is false. */
export function problemOfConnection(source: FetchSource, cause: unknown): SourceProblem {
  const reason = systemCode(cause) ?? 'unknown';
  const options = { cause, details: { source: source.holder, reason } };
  if (UNTRUSTED.has(reason)) {
    const message = `${source.holder} shows a certificate that is not valid for its address: ${reason}`;
    return {
      source: source.holder,
      kind: 'wrong',
      error: new HubError('DOCUMENT_SOURCE_INVALID', message, options),
    };
  }
  const error = new HubError('DOCUMENT_SOURCE_AWAY', `${source.holder} does not answer: ${reason}`, options);
  return { source: source.holder, kind: 'away', error };
}

/**
 * Reads the headers of a 200 or 206 to a request for everything from `asked` on. A 200 is the whole, whatever was
 * asked for (RFC 9110 §14.2).
 *
 * @throws HubError `DOCUMENT_SOURCE_INVALID` if they break the protocol or speak of another content
 */
export function readAnswer(
  source: FetchSource,
  order: FetchOrder,
  status: number,
  headers: IncomingHttpHeaders,
  asked: number,
): Content {
  const breach = (what: string): HubError =>
    new HubError('DOCUMENT_SOURCE_INVALID', `${source.holder} ${what}`, {
      details: { source: source.holder },
    });
  const offset = status === 206 ? asked : 0;
  if (status === 206 && headers['content-range'] !== `bytes ${asked}-${order.size - 1}/${order.size}`) {
    throw breach('sent another range than was asked for');
  }
  if (headers.etag !== entityTag(order.saltedDigest))
    throw breach('sent another entity tag than was asked for');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw breach('encoded the content');
  const length = headers['content-length'];
  if (length !== undefined && length !== String(order.size - offset)) {
    throw breach(`announced ${length} bytes instead of ${order.size - offset}`);
  }
  const salt = readSaltHeader(headers[SALT_HEADER]);
  if (salt === undefined) throw breach('sent no salt of 32 bytes');
  return { offset, salt };
}
