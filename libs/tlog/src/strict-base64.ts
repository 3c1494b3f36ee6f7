import { HubError } from '#errors';

/**
 * Decodes standard base64 (RFC 4648 §4) in its one canonical spelling: padded, unbroken, unused bits zero. Node's own
 * decoder accepts many spellings of the same bytes, which would let a carrier change a signed text unnoticed.
 * @param what Names the field in the error.
 * @throws HubError `BASE64_NOT_STRICT`
 */
export function decodeStrictBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) {
    throw new HubError('BASE64_NOT_STRICT', `${what} is not strict base64`);
  }
  return bytes;
}
