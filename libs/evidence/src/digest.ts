import { createHash } from 'node:crypto';
import { parseSha256, type Sha256 } from '#contracts';

/** SHA-256 as lower-case hexadecimal: the form in which our own elements carry digests. */
export function sha256Hex(...parts: readonly Uint8Array[]): Sha256 {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return parseSha256(hash.digest('hex'));
}

/** SHA-256 as base64: the form in which `ds:DigestValue` carries it. */
export function sha256Base64(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('base64');
}
