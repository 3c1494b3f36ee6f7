import { X509Certificate, type KeyObject } from 'node:crypto';
import { CERTIFICATE_PURPOSES, CERTIFICATE_ROLES } from '#contracts';
import type { CertificatePurpose, CertificateRole, Sha256 } from '#contracts';
import { HubError } from '#errors';
import { decodeStrictBase64 } from '#tlog';
import { algorithmOf, type SignatureAlgorithm } from './algorithm.ts';
import { BoundedCache } from './bounded-cache.ts';
import { sha256Hex } from './digest.ts';
import { keyUsageOf } from './key-usage.ts';

/** What a certificate's subject says: `CN=<holder>,OU=<role>,OU=<purpose>-g<generation>,O=…`. */
export interface CertificateSubject {
  /** IPA code of a member, or a service's name. */
  readonly holder: string;
  readonly role: CertificateRole;
  readonly purpose: CertificatePurpose;
  /** From 1, counted up with each renewal. */
  readonly generation: number;
}

/** A certificate carried by a signature, read but not yet trusted. */
export interface SigningCertificate {
  readonly x509: X509Certificate;
  /** SHA-256 of the DER. */
  readonly fingerprint: Sha256;
  /** DER and its SHA-256, base64: as a signature carries them. */
  readonly encoded: { readonly der: string; readonly digest: string };
  readonly publicKey: KeyObject;
  /** What its key signs with, undefined for a key that the profile does not know. */
  readonly algorithm: SignatureAlgorithm | undefined;
  /** True if key and extensions allow a signature of our profile: a key of it, not a CA, keyUsage contentCommitment. */
  readonly suitable: boolean;
  /**
   * True if keyUsage has digitalSignature too, as the network's own certificates must. The seal of another issuer may
   * have contentCommitment alone (ETSI EN 319 412-2 §4.3.2, type A).
   */
  readonly ownUsage: boolean;
  /** Undefined if the subject is not of the network's form. */
  readonly subject: CertificateSubject | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Larger certificates are refused unread, bytes of DER. Ours have about 600. */
const MAX_CERTIFICATE_BYTES = 8_192;
/** Certificates kept parsed; a network has a few for each of its members. */
const KEPT_CERTIFICATES = 1_024;

const parsed = new BoundedCache<SigningCertificate>(KEPT_CERTIFICATES);
const decoded = new BoundedCache<SigningCertificate>(KEPT_CERTIFICATES);

/**
 * Reads a certificate from its DER. Parsed certificates are kept by fingerprint.
 * @throws HubError `CERTIFICATE_MALFORMED`
 */
export function readCertificate(der: Buffer): SigningCertificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw new HubError('CERTIFICATE_MALFORMED', `a certificate has at most ${MAX_CERTIFICATE_BYTES} bytes`);
  }
  const fingerprint = sha256Hex(der);
  return parsed.get(fingerprint, () => parseCertificate(der, fingerprint));
}

/**
 * Reads a certificate from its DER in strict base64, as a signature carries it. Kept by that text: documents of one
 * signer carry the same.
 * @throws HubError `BASE64_NOT_STRICT`, `CERTIFICATE_MALFORMED`
 */
export function readCertificateText(base64: string): SigningCertificate {
  return decoded.get(base64, () => readCertificate(decodeStrictBase64(base64, 'the certificate')));
}

/**
 * Reads a certificate from its PEM.
 * @throws HubError `CERTIFICATE_MALFORMED`
 */
export function readCertificatePem(pem: string): SigningCertificate {
  try {
    return readCertificate(new X509Certificate(pem).raw);
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    throw new HubError('CERTIFICATE_MALFORMED', 'not a certificate in PEM', { cause });
  }
}

function parseCertificate(der: Buffer, fingerprint: Sha256): SigningCertificate {
  try {
    const x509 = new X509Certificate(der);
    // OpenSSL reads past trailing bytes; a certificate is exactly its DER.
    if (!x509.raw.equals(der)) throw new HubError('CERTIFICATE_MALFORMED', 'bytes follow the certificate');
    const publicKey = x509.publicKey;
    const algorithm = algorithmOf(publicKey);
    const usage = keyUsageOf(der);
    return {
      x509,
      fingerprint,
      encoded: { der: der.toString('base64'), digest: Buffer.from(fingerprint, 'hex').toString('base64') },
      publicKey,
      algorithm,
      suitable: algorithm !== undefined && !x509.ca && usage?.contentCommitment === true,
      ownUsage: usage?.digitalSignature === true && usage.contentCommitment,
      subject: parseSubject(x509.subject),
      notBefore: x509.validFromDate,
      notAfter: x509.validToDate,
    };
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    throw new HubError('CERTIFICATE_MALFORMED', 'not an X.509 certificate in DER', { cause });
  }
}

/** `subject` as node:crypto prints it: one `TYPE=value` a line, special characters escaped with a backslash. */
function parseSubject(subject: string): CertificateSubject | undefined {
  const attributes = subject.split('\n').map((line) => /^([A-Za-z0-9.]+)=([^\\+=]+)$/.exec(line));
  const valuesOf = (type: string): string[] =>
    attributes.flatMap((found) => (found?.[1] === type && found[2] !== undefined ? [found[2]] : []));
  const [holder, ...moreNames] = valuesOf('CN');
  const [first, second, ...moreUnits] = valuesOf('OU');
  const role = CERTIFICATE_ROLES.find((known) => known === first);
  const [, word, digits] = /^([a-z]+)-g([1-9][0-9]{0,8})$/.exec(second ?? '') ?? [];
  const purpose = CERTIFICATE_PURPOSES.find((known) => known === word);
  const clear = !attributes.includes(null) && moreNames.length === 0 && moreUnits.length === 0;
  if (!clear || holder === undefined || role === undefined || purpose === undefined) return undefined;
  return { holder, role, purpose, generation: Number(digits) };
}
