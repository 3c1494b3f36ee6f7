/** The part of verification that depends on the bytes alone: what was signed, by which certificate, unaltered. */
import type { XmlDocument } from 'libxml2-wasm';
import type { PlainXml, Sha256 } from '#contracts';
import { HubError } from '#errors';
import { decodeStrictBase64 } from '#tlog';
import { algorithmByUri } from './algorithm.ts';
import { readCertificateText, type SigningCertificate } from './certificate.ts';
import { sha256Base64, sha256Hex } from './digest.ts';
import { cutByProfile, cutParsed } from './cut.ts';
import { checkBytes, checkSize } from './guard.ts';
import { isMediaType, SIGNED_INFO, SIGNED_PROPERTIES, type SignatureValues } from './profile.ts';

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
 * Runs the steps that need no trust, in order: size, bytes, canonical form, place and shape of the signature,
 * references, certificate digest, signature value. A pure function of `bytes`.
 *
 * @throws HubError with the code of the first step that fails
 */
export function checkIntegrity(bytes: Buffer, maxBytes: number): IntactDocument {
  return readIntact(bytes, maxBytes, (intact) => intact);
}

/**
 * `checkIntegrity`, then `read` with the document already read, so that nobody reads it again. Whether its signature
 * is still in it is not said; everything else is. It is disposed of afterwards.
 */
export function readIntact<T>(
  bytes: Buffer,
  maxBytes: number,
  read: (intact: IntactDocument, parsed: XmlDocument | PlainXml) => T,
): T {
  checkSize(bytes, maxBytes);
  checkBytes(bytes);
  const { content, values, parsed } = cutByProfile(bytes) ?? cutParsed(bytes);
  try {
    return read(checkValues(bytes, content, values), parsed);
  } finally {
    parsed.dispose();
  }
}

function checkValues(bytes: Buffer, content: Buffer, values: SignatureValues): IntactDocument {
  if (!isMediaType(values.mimeType)) {
    throw new HubError('SIGNATURE_SHAPE', 'the media type is not plain and in lower case');
  }
  const signingTime = readSigningTime(values.signingTime);
  const certificate = readSignersCertificate(values);
  const signedInfo = Buffer.from(SIGNED_INFO.fill(values));
  checkReferences(values, content);
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

const TIME_LENGTH = 'YYYY-MM-DDTHH:MM:SS.mmmZ'.length;

/** For this room only. @throws HubError `SIGNING_TIME_INVALID` */
export function readSigningTime(text: string): Date {
  const time = new Date(text);
  // Years beyond 9999 have a spelling of their own, which is longer.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== text || text.length !== TIME_LENGTH) {
    throw new HubError('SIGNING_TIME_INVALID', 'SigningTime is not YYYY-MM-DDTHH:MM:SS.mmmZ');
  }
  return time;
}

/**
 * ETSI EN 319 132-1 §5.2.2: the signed digest ties the signature to this certificate and no other for the same key. For this
 * room only.
 * @throws HubError `CERTIFICATE_DIGEST_MISMATCH`, `CERTIFICATE_MALFORMED`, `BASE64_NOT_STRICT`
 */
export function readSignersCertificate(
  values: Pick<SignatureValues, 'certificate' | 'certificateDigest'>,
): SigningCertificate {
  const certificate = readCertificateText(values.certificate);
  if (values.certificateDigest !== certificate.encoded.digest) {
    throw new HubError('CERTIFICATE_DIGEST_MISMATCH', 'SigningCertificateV2 names another certificate');
  }
  return certificate;
}

/** The digest values are compared as text: base64 has one spelling here, so nothing has to be decoded. */
function checkReferences(values: SignatureValues, content: Buffer): void {
  if (values.contentDigest !== sha256Base64(content)) {
    throw new HubError('REFERENCE_DIGEST_MISMATCH', 'the content is not what was signed');
  }
  if (values.propertiesDigest !== sha256Base64(SIGNED_PROPERTIES.fill(values))) {
    throw new HubError('SIGNED_PROPERTIES_DIGEST_MISMATCH', 'the signed properties are not what was signed');
  }
}

/** For this room only. @throws HubError `SIGNATURE_ALGORITHM_FORBIDDEN`, `CERTIFICATE_KEY_UNSUITABLE`, `SIGNATURE_INVALID`, … */
export function checkSignatureValue(
  values: Pick<SignatureValues, 'algorithm' | 'signatureValue'>,
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
