/** The part of verification that depends on the bytes alone: what was signed, by which certificate, unaltered. */
import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import { decodeStrictBase64 } from '#tlog';
import { algorithmByUri } from './algorithm.ts';
import { checkParsed } from './canonical.ts';
import { readCertificate, type SigningCertificate } from './certificate.ts';
import { sha256Base64, sha256Hex } from './digest.ts';
import { checkBytes, checkSize } from './guard.ts';
import {
  isMediaType,
  SIGNATURE,
  SIGNATURE_START,
  SIGNED_INFO,
  SIGNED_PROPERTIES,
  type SignatureValues,
} from './profile.ts';

/** A document whose signature verifies with the certificate it carries. Nothing is said yet about that certificate. */
export interface IntactDocument {
  /** The signed bytes, as given. */
  readonly bytes: Buffer;
  /** SHA-256 of `bytes`. */
  readonly digest: Sha256;
  /** SHA-256 of the canonical SignedInfo. */
  readonly signedInfoDigest: Sha256;
  readonly certificate: SigningCertificate;
  /** As claimed and signed. */
  readonly signingTime: Date;
  readonly mimeType: string;
}

/**
 * Runs the steps that need no trust, in order: size, bytes, canonical form and place of the signature, its shape,
 * references, certificate digest, signature value. A pure function of `bytes`.
 *
 * @throws HubError with the code of the first step that fails
 */
export function checkIntegrity(bytes: Buffer, maxBytes: number): IntactDocument {
  checkSize(bytes, maxBytes);
  checkBytes(bytes);
  checkParsed(bytes);
  const { before, values, after } = takeApart(bytes);
  const signingTime = readSigningTime(values.signingTime);
  const certificate = readSignersCertificate(values);
  const signedInfo = Buffer.from(SIGNED_INFO.fill(values));
  checkReferences(values, before, after);
  checkSignatureValue(values, signedInfo, certificate);
  return {
    bytes,
    digest: sha256Hex(bytes),
    signedInfoDigest: sha256Hex(signedInfo),
    certificate,
    signingTime,
    mimeType: values.mimeType,
  };
}

/**
 * Cuts the signature out. The bytes are canonical and the root's last child is the only signature (`checkParsed`), so
 * that child starts at the last `<ds:Signature ` and ends at the root's end tag, the last tag there is. Its text must
 * be the profile's template from first to last character, which is a balanced element: it cannot begin earlier.
 */
function takeApart(bytes: Buffer): { before: Buffer; values: SignatureValues; after: Buffer } {
  const start = bytes.lastIndexOf(SIGNATURE_START);
  const end = bytes.lastIndexOf('</');
  const values = start < 0 ? undefined : SIGNATURE.match(bytes.toString('utf8', start, end));
  if (values === undefined || !isMediaType(values.mimeType)) {
    throw new HubError('SIGNATURE_SHAPE', 'the signature is not built as the profile prescribes');
  }
  return { before: bytes.subarray(0, start), values, after: bytes.subarray(end) };
}

function readSigningTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== text) {
    throw new HubError('SIGNING_TIME_INVALID', 'SigningTime is not YYYY-MM-DDTHH:MM:SS.mmmZ');
  }
  return time;
}

/** ETSI EN 319 132-1 §5.2.2: the signed digest ties the signature to this certificate and no other for the same key. */
function readSignersCertificate(values: SignatureValues): SigningCertificate {
  const der = decodeStrictBase64(values.certificate, 'the certificate');
  const certificate = readCertificate(der);
  if (values.certificateDigest !== sha256Base64(der)) {
    throw new HubError('CERTIFICATE_DIGEST_MISMATCH', 'SigningCertificateV2 names another certificate');
  }
  return certificate;
}

/** The digest values are compared as text: base64 has one spelling here, so nothing has to be decoded. */
function checkReferences(values: SignatureValues, before: Buffer, after: Buffer): void {
  if (values.contentDigest !== sha256Base64(before, after)) {
    throw new HubError('REFERENCE_DIGEST_MISMATCH', 'the content is not what was signed');
  }
  if (values.propertiesDigest !== sha256Base64(SIGNED_PROPERTIES.fill(values))) {
    throw new HubError('SIGNED_PROPERTIES_DIGEST_MISMATCH', 'the signed properties are not what was signed');
  }
}

function checkSignatureValue(
  values: SignatureValues,
  signedInfo: Buffer,
  certificate: SigningCertificate,
): void {
  const algorithm = algorithmByUri(values.algorithm);
  if (algorithm === undefined) {
    throw new HubError('SIGNATURE_ALGORITHM_FORBIDDEN', 'this signature algorithm is not accepted');
  }
  if (!certificate.suitable || certificate.algorithm !== algorithm) {
    throw new HubError(
      'CERTIFICATE_KEY_UNSUITABLE',
      'the certificate’s key or usage does not allow this signature',
    );
  }
  const value = decodeStrictBase64(values.signatureValue, 'the signature value');
  if (!algorithm.verify(signedInfo, value, certificate.publicKey)) {
    throw new HubError('SIGNATURE_INVALID', 'the signature value does not verify');
  }
}
