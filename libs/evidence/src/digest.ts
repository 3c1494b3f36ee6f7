import { hash } from 'node:crypto';
import { parseSha256, type Sha256 } from '#contracts';

/** SHA-256 as lower-case hexadecimal: the form in which our own elements carry digests. */
export function sha256Hex(data: Uint8Array): Sha256 {
  return parseSha256(hash('sha256', data, 'hex'));
}

/** SHA-256 as base64: the form in which `ds:DigestValue` carries it. Text is taken as UTF-8. */
export function sha256Base64(data: Uint8Array | string): string {
  return hash('sha256', data, 'base64');
}
