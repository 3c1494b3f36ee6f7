import { X509Certificate } from 'node:crypto';
import * as x509 from './x509.ts';

/** Attribute types that Java's `X500Principal` writes by name in RFC 2253 form; any other is written by its OID. */
const NAMED = new Set(['CN', 'C', 'L', 'ST', 'STREET', 'O', 'OU', 'DC', 'UID']);

/**
 * The principal that Kafka gives to the holder of a certificate, without `User:`: the subject in RFC 2253 form, that is
 * **in the reverse order of the encoding**, as Java's `X500Principal.getName()` writes it:
 * `O=…,OU=transport-g1,OU=authority,CN=c_d150`. Ours hold no other attribute types than CN, OU and O.
 */
export function principalOf(certificatePem: string): string {
  const subject = new x509.X509Certificate(certificatePem).subjectName.toJSON();
  return subject
    .map((rdn) =>
      Object.entries(rdn)
        .flatMap(([type, values]) =>
          values.map((value) => `${NAMED.has(type) ? type : type.toLowerCase()}=${escaped(value)}`),
        )
        .join('+'),
    )
    .reverse()
    .join(',');
}

/** SHA-256 of the certificate's DER, 64 lower-case hexadecimal characters. */
export function fingerprintOf(certificatePem: string): string {
  return new X509Certificate(certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
}

/** RFC 2253 §2.4. */
function escaped(value: string): string {
  return value
    .replaceAll(/[,+"\\<>;]/g, String.raw`\$&`)
    .replace(/^[ #]/, String.raw`\$&`)
    .replace(/(?<!\\) $/, String.raw`\ `);
}
