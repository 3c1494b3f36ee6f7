/** The one certificate extension that node:crypto does not show: keyUsage (RFC 5280 §4.2.1.3), read from the DER. */

/** DER of the OID 2.5.29.15, with its tag and length. */
const KEY_USAGE_OID = Buffer.from('0603551d0f', 'hex');
const TAG_BOOLEAN = 0x01;
const TAG_BIT_STRING = 0x03;
const TAG_OCTET_STRING = 0x04;
/** Bits of the first octet of KeyUsage. */
const DIGITAL_SIGNATURE = 0x80;
const CONTENT_COMMITMENT = 0x40;
const CRL_SIGN = 0x02;

export interface KeyUsage {
  readonly digitalSignature: boolean;
  /** Once called nonRepudiation. */
  readonly contentCommitment: boolean;
  readonly crlSign: boolean;
}

/**
 * The certificate's keyUsage; undefined unless it has exactly one such extension that can be read. `der` is a
 * certificate that OpenSSL has parsed.
 */
export function keyUsageOf(der: Buffer): KeyUsage | undefined {
  const at = der.indexOf(KEY_USAGE_OID);
  // Any second occurrence, wherever it comes from, makes the reading ambiguous.
  if (at < 0 || der.includes(KEY_USAGE_OID, at + 1)) return undefined;
  let next = at + KEY_USAGE_OID.length;
  if (der[next] === TAG_BOOLEAN) next += 3;
  // OCTET STRING { BIT STRING { unused bits, flags… } }: both lengths fit one byte, KeyUsage has nine bits at most.
  const [octetString, octets, bitString, bits, , flags] = der.subarray(next, next + 6);
  if (octetString !== TAG_OCTET_STRING || bitString !== TAG_BIT_STRING || octets === undefined)
    return undefined;
  if (bits === undefined || bits < 2 || bits > 3 || octets !== bits + 2 || flags === undefined)
    return undefined;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  return {
    digitalSignature: has(DIGITAL_SIGNATURE),
    contentCommitment: has(CONTENT_COMMITMENT),
    crlSign: has(CRL_SIGN),
  };
}
