/** How a node asks another for a document: path and headers (docs/adr/0008-document-store.md). */
import type { Sha256 } from '#contracts';
import { HubError } from '#errors';

import type { DocumentKey } from './document-store.ts';
import { SALT_BYTES } from './salted-digest.ts';

/** Request: base64 of the signed decision (SignedItem) that names the document's event. */
export const DECISION_HEADER = 'reset-hub-decision';
/** Answer to nodes: base64 of the 32-byte salt. */
export const SALT_HEADER = 'reset-hub-document-salt';
/** Answer to nodes: SHA-256 of the content, lower hex. */
export const SHA256_HEADER = 'reset-hub-document-sha256';
/** Answer to nodes: the file name, RFC 8187. */
export const NAME_HEADER = 'reset-hub-document-name';
/**
 * `maxHeaderSize` of a server that takes decisions, bytes: a decision with hundreds of participants does not fit in
 * Node's 16 KiB.
 */
export const NODE_SERVER_MAX_HEADER_BYTES = 262_144;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The address of a document at the node with this base URL. */
export function documentUrl(nodeUrl: string, key: DocumentKey): URL {
  const base = nodeUrl.endsWith('/') ? nodeUrl : `${nodeUrl}/`;
  return new URL(
    `v1/practices/${encodeURIComponent(key.owner)}/${key.practice}/documents/${key.document}`,
    base,
  );
}

/** The document's strong validator (RFC 9110 §8.8.3): its salted digest, quoted. */
export function entityTag(saltedDigest: Sha256): string {
  return `"${saltedDigest}"`;
}

/**
 * The decision that a node presents.
 *
 * @returns the SignedItem's bytes, to be verified
 * @throws HubError `DOCUMENT_DECISION_MALFORMED` if it is missing or not base64
 */
export function readDecisionHeader(value: string | readonly string[] | undefined): Buffer {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  if (bytes !== undefined && bytes.length > 0) return bytes;
  const found = value === undefined ? 'is missing' : 'is not base64';
  throw new HubError('DOCUMENT_DECISION_MALFORMED', `the header Reset-Hub-Decision ${found}`);
}

/** The salt in an answer; undefined unless it is base64 of 32 bytes. */
export function readSaltHeader(value: string | readonly string[] | undefined): Buffer | undefined {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  return bytes?.length === SALT_BYTES ? bytes : undefined;
}

function decodeBase64(text: string): Buffer | undefined {
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}
