/**
 * The seal of a container as a text: one XAdES signature, baseline B, over files that lie beside it. The same freedom is
 * left as in `profile.ts`: none, so that a list of files with its values has one spelling.
 */
import {
  CONTENT_REFERENCE_ID,
  DIGEST_METHOD,
  DSIG_NAMESPACE,
  EXCLUSIVE_C14N,
  SIGNATURE_ID,
  SIGNED_PROPERTIES_ID,
  SIGNED_PROPERTIES_TYPE,
  TRANSFORM_C14N,
  XADES_NAMESPACE,
} from './profile.ts';

/** ETSI EN 319 162-1 annex A.5: root of the file that holds the signatures of an ASiC-E container. */
const ASIC_NAMESPACE = 'http://uri.etsi.org/02918/v1.2.1#';
const DS = ` xmlns:ds="${DSIG_NAMESPACE}"`;
const XADES = ` xmlns:xades="${XADES_NAMESPACE}"`;

/** A file as the seal names it. */
export interface SealedText {
  /** Its place in the container: letters, digits and `. _ - /`, so that no URI needs escaping. */
  readonly name: string;
  readonly mediaType: string;
  /** SHA-256, base64. */
  readonly digest: string;
}

export interface SealValues {
  readonly files: readonly SealedText[];
  readonly algorithm: string;
  readonly propertiesDigest: string;
  readonly signingTime: string;
  readonly certificateDigest: string;
  readonly signatureValue: string;
  readonly certificate: string;
}

/** @param ns namespace declaration that the element renders: none in place, its own when canonicalized alone */
function signedInfo(
  { files, algorithm, propertiesDigest }: Pick<SealValues, 'files' | 'algorithm' | 'propertiesDigest'>,
  ns: string,
): string {
  const references = files.map(
    ({ name, digest }, i) =>
      `<ds:Reference Id="${referenceId(i)}" URI="${name}">` +
      `${DIGEST_METHOD}<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`,
  );
  return (
    `<ds:SignedInfo${ns}>` +
    `<ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${algorithm}"></ds:SignatureMethod>${references.join('')}` +
    `<ds:Reference Type="${SIGNED_PROPERTIES_TYPE}" URI="#${SIGNED_PROPERTIES_ID}">` +
    `<ds:Transforms>${TRANSFORM_C14N}</ds:Transforms>` +
    `${DIGEST_METHOD}<ds:DigestValue>${propertiesDigest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`
  );
}

function signedProperties(
  { files, signingTime, certificateDigest }: Pick<SealValues, 'files' | 'signingTime' | 'certificateDigest'>,
  xades: string,
  ds: string,
): string {
  const formats = files.map(
    ({ mediaType }, i) =>
      `<xades:DataObjectFormat ObjectReference="#${referenceId(i)}">` +
      `<xades:MimeType>${mediaType}</xades:MimeType></xades:DataObjectFormat>`,
  );
  return (
    `<xades:SignedProperties${xades} Id="${SIGNED_PROPERTIES_ID}"><xades:SignedSignatureProperties>` +
    `<xades:SigningTime>${signingTime}</xades:SigningTime>` +
    '<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>' +
    DIGEST_METHOD.replace('<ds:DigestMethod', `<ds:DigestMethod${ds}`) +
    `<ds:DigestValue${ds}>${certificateDigest}</ds:DigestValue>` +
    '</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>' +
    `<xades:SignedDataObjectProperties>${formats.join('')}</xades:SignedDataObjectProperties>` +
    '</xades:SignedProperties>'
  );
}

function referenceId(index: number): string {
  return `${CONTENT_REFERENCE_ID}-${index + 1}`;
}

/** SignedInfo canonicalized alone: what the signature value signs. */
export function sealSignedInfo(values: Pick<SealValues, 'files' | 'algorithm' | 'propertiesDigest'>): string {
  return signedInfo(values, DS);
}

/** SignedProperties canonicalized alone: what the last reference digests. */
export function sealProperties(
  values: Pick<SealValues, 'files' | 'signingTime' | 'certificateDigest'>,
): string {
  return signedProperties(values, XADES, DS);
}

/** The whole file, `META-INF/signatures*.xml` (ETSI EN 319 162-1 §4.4.3.2). */
export function sealText(values: SealValues): string {
  return (
    `<asic:XAdESSignatures xmlns:asic="${ASIC_NAMESPACE}"><ds:Signature${DS} Id="${SIGNATURE_ID}">` +
    signedInfo(values, '') +
    `<ds:SignatureValue>${values.signatureValue}</ds:SignatureValue>` +
    `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${values.certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>` +
    `<ds:Object><xades:QualifyingProperties${XADES} Target="#${SIGNATURE_ID}">` +
    signedProperties(values, '', '') +
    '</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>'
  );
}

const TEXT = '([^<>"&]*)';
const REFERENCE = new RegExp(
  `<ds:Reference Id="[^"]*" URI="${TEXT}"><ds:DigestMethod [^>]*></ds:DigestMethod><ds:DigestValue>${TEXT}<`,
  'g',
);
const FORMAT = new RegExp(
  `<xades:DataObjectFormat [^>]*><xades:MimeType>${TEXT}</xades:MimeType></xades:DataObjectFormat>`,
  'g',
);
const ONE = {
  algorithm: new RegExp(`<ds:SignatureMethod Algorithm="${TEXT}"`),
  propertiesDigest: new RegExp(`<ds:Reference Type="[^"]*"[^>]*>.{0,400}?<ds:DigestValue>${TEXT}<`),
  signingTime: new RegExp(`<xades:SigningTime>${TEXT}<`),
  certificateDigest: new RegExp(`<xades:CertDigest>.{0,200}?<ds:DigestValue>${TEXT}<`),
  signatureValue: new RegExp(`<ds:SignatureValue>${TEXT}<`),
  certificate: new RegExp(`<ds:X509Certificate>${TEXT}<`),
} as const;

/**
 * The values of a seal, if the text is exactly what `sealText` writes for them: that comparison is the whole proof, the
 * searches only find what to compare with.
 */
export function readSealText(text: string): SealValues | undefined {
  const mediaTypes = [...text.matchAll(FORMAT)].map(([, mediaType = '']) => mediaType);
  const files = [...text.matchAll(REFERENCE)].map(([, name = '', digest = ''], i) => ({
    name,
    digest,
    mediaType: mediaTypes[i] ?? '',
  }));
  const only = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';
  const values: SealValues = {
    files,
    algorithm: only(ONE.algorithm),
    propertiesDigest: only(ONE.propertiesDigest),
    signingTime: only(ONE.signingTime),
    certificateDigest: only(ONE.certificateDigest),
    signatureValue: only(ONE.signatureValue),
    certificate: only(ONE.certificate),
  };
  return sealText(values) === text ? values : undefined;
}
