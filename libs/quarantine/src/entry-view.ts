/** What the desk tells of an entry. */
import type { ActionView } from '#actions';
import { ERROR_POLICIES, isErrorCode } from '#errors';
import { sha256Hex } from '#evidence';
import { claimsOf, readableEvent, readableHeaders } from './claims.ts';
import type { QuarantineParts } from './quarantine-parts.ts';
import type { QuarantineEntry } from './quarantine-store.ts';

/** A stable code in words, for people. */
export function inWords(code: string): Record<string, unknown> {
  const policy = isErrorCode(code) ? ERROR_POLICIES[code] : undefined;
  return { sentence: policy && { it: policy.it, en: policy.en }, remedy: policy?.remedy };
}

/** An entry without its bytes. */
export function summaryOf(
  { at, whose }: Pick<QuarantineParts, 'at' | 'whose'>,
  entry: QuarantineEntry,
): Record<string, unknown> {
  return {
    id: entry.id,
    at,
    ...whose(entry),
    code: entry.code,
    reason: entry.reason,
    ...inWords(entry.code),
    status: entry.status,
    parkedAt: entry.parkedAt,
    closedAt: entry.closedAt,
    origin: entry.origin,
    claims: claimsOf(entry),
  };
}

/** An entry with everything that can be told of it, and what was done to it. */
export function detailsOf(
  parts: Pick<QuarantineParts, 'at' | 'whose' | 'attributedTo'>,
  entry: QuarantineEntry,
  actions: readonly ActionView[],
): Record<string, unknown> {
  const { bytes, headers } = entry;
  const signedBy = parts.attributedTo(bytes);
  return {
    ...summaryOf(parts, entry),
    size: bytes.length,
    sha256: sha256Hex(bytes),
    // Whose key made the signature, if one of the network's did: only what is nobody's can be discarded.
    signedBy,
    discardable: entry.status === 'parked' && signedBy === null,
    readable: readableEvent(bytes),
    bytes: bytes.toString('base64'),
    headers,
    headersText: readableHeaders(headers),
    actions,
  };
}
