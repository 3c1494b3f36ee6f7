import { REFUSED_BY_TIME, sha256Hex } from '#evidence';
import type { Tx } from '#persistence';
import { findSigned } from '../archive/find-signed.ts';
import type { Refused } from './refused-records.ts';

/**
 * Of records that are refused because the key is revoked, or its issuer withdrawn, by now, those whose very bytes the log has: they were proved
 * when they came first, and a second delivery is judged by that moment, not by the time of reading.
 * @returns SHA-256 of their bytes
 */
export async function provedBefore(tx: Tx, refused: readonly Refused[]): Promise<ReadonlySet<string>> {
  const revoked = refused.filter(({ error }) => REFUSED_BY_TIME.has(error.code));
  if (revoked.length === 0) return new Set();
  const known = await findSigned(
    tx,
    revoked.map(({ record }) => sha256Hex(record.value)),
  );
  return new Set(known.map(({ sha256 }) => sha256));
}
