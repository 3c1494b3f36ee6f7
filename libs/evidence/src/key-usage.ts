/** The one certificate extension that node:crypto does not show: keyUsage (RFC 5280 §4.2.1.3), read from the DER. */

/** DER of the OID 2.5.29.15, with its tag and length. */
const KEY_USAGE_OID = Buffer.from('0603551d0f', 'hex');
const TAG_BOOLEAN = 0x01;
const TAG_BIT_STRING = 0x03;
const TAG_OCTET_STRING = 0x04;
/** Bits of the first octet of KeyUsage. */
const DIGITAL_SIGNATURE = 0x80;
const CONTENT_COMMITMENT = 0x40;

/**
 * True if the certificate has exactly one keyUsage extension, with digitalSignature and contentCommitment
 * (nonRepudiation) in it. A transport certificate lacks the latter. `der` is a certificate that OpenSSL has parsed.
 */
export function allowsSigning(der: Buffer): boolean {
  const at = der.indexOf(KEY_USAGE_OID);
  // Any second occurrence, wherever it comes from, makes the reading ambiguous.
  if (at < 0 || der.includes(KEY_USAGE_OID, at + 1)) return false;
  let next = at + KEY_USAGE_OID.length;
  if (der[next] === TAG_BOOLEAN) next += 3;
  // OCTET STRING { BIT STRING { unused bits, flags… } }: both lengths fit one byte, KeyUsage has nine bits at most.
  const [octetString, octets, bitString, bits, , flags] = der.subarray(next, next + 6);
  if (octetString !== TAG_OCTET_STRING || bitString !== TAG_BIT_STRING || octets === undefined) return false;
  if (bits === undefined || bits < 2 || bits > 3 || octets !== bits + 2 || flags === undefined) return false;
  return (flags & DIGITAL_SIGNATURE) !== 0 && (flags & CONTENT_COMMITMENT) !== 0;
}
