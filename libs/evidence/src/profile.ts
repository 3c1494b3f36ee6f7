/** The signature profile of `contracts/signature-profile.md`, as templates. Final: what was signed must verify for ever. */
import { Template } from './template.ts';

/** XML Signature 1.1. */
export const DSIG_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#';
/** ETSI EN 319 132-1 (XAdES), namespace of v1.3.2. */
export const XADES_NAMESPACE = 'http://uri.etsi.org/01903/v1.3.2#';
/** Exclusive XML Canonicalization 1.0, without comments. */
export const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const ENVELOPED_SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
export const SHA256_DIGEST = 'http://www.w3.org/2001/04/xmlenc#sha256';

/** Identifiers of the signature's parts. Reserved: no other `Id` of a document may have these values. */
export const SIGNATURE_ID = 'signature';
export const CONTENT_REFERENCE_ID = 'signature-content';
export const SIGNED_PROPERTIES_ID = 'signature-properties';

/** `Type` of the reference to the signed properties (ETSI EN 319 132-1 §4.3.4). */
export const SIGNED_PROPERTIES_TYPE = 'http://uri.etsi.org/01903#SignedProperties';

type SignedInfoSlot = 'algorithm' | 'contentDigest' | 'propertiesDigest';
type SignedPropertiesSlot = 'signingTime' | 'certificateDigest' | 'mimeType';
export type SignatureSlot = SignedInfoSlot | SignedPropertiesSlot | 'signatureValue' | 'certificate';
export type SignatureValues = Readonly<Record<SignatureSlot, string>>;

const DS = ` xmlns:ds="${DSIG_NAMESPACE}"`;
const XADES = ` xmlns:xades="${XADES_NAMESPACE}"`;
/** Parts that the profile's signatures have in common. */
export const TRANSFORM_C14N = `<ds:Transform Algorithm="${EXCLUSIVE_C14N}"></ds:Transform>`;
export const DIGEST_METHOD = `<ds:DigestMethod Algorithm="${SHA256_DIGEST}"></ds:DigestMethod>`;

/** `ns` is the namespace declaration that the element renders: none in place, its own when canonicalized alone. */
function signedInfo(ns: string): string {
  return (
    `<ds:SignedInfo${ns}>` +
    `<ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>` +
    '<ds:SignatureMethod Algorithm="{algorithm}"></ds:SignatureMethod>' +
    `<ds:Reference Id="${CONTENT_REFERENCE_ID}" URI=""><ds:Transforms>` +
    `<ds:Transform Algorithm="${ENVELOPED_SIGNATURE}"></ds:Transform>${TRANSFORM_C14N}</ds:Transforms>` +
    `${DIGEST_METHOD}<ds:DigestValue>{contentDigest}</ds:DigestValue></ds:Reference>` +
    `<ds:Reference Type="${SIGNED_PROPERTIES_TYPE}" URI="#${SIGNED_PROPERTIES_ID}">` +
    `<ds:Transforms>${TRANSFORM_C14N}</ds:Transforms>` +
    `${DIGEST_METHOD}<ds:DigestValue>{propertiesDigest}</ds:DigestValue></ds:Reference>` +
    '</ds:SignedInfo>'
  );
}

function signedProperties(xades: string, ds: string): string {
  return (
    `<xades:SignedProperties${xades} Id="${SIGNED_PROPERTIES_ID}"><xades:SignedSignatureProperties>` +
    '<xades:SigningTime>{signingTime}</xades:SigningTime>' +
    '<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>' +
    `<ds:DigestMethod${ds} Algorithm="${SHA256_DIGEST}"></ds:DigestMethod>` +
    `<ds:DigestValue${ds}>{certificateDigest}</ds:DigestValue>` +
    '</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>' +
    `<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#${CONTENT_REFERENCE_ID}">` +
    '<xades:MimeType>{mimeType}</xades:MimeType>' +
    '</xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>'
  );
}

/** SignedInfo canonicalized alone: what the signature value signs. */
export const SIGNED_INFO = new Template<SignedInfoSlot>(signedInfo(DS));
/** SignedProperties canonicalized alone: what the second reference digests. */
export const SIGNED_PROPERTIES = new Template<SignedPropertiesSlot>(signedProperties(XADES, DS));
/** The whole signature in its place in the document. */
export const SIGNATURE = new Template<SignatureSlot>(
  `<ds:Signature${DS} Id="${SIGNATURE_ID}">${signedInfo('')}` +
    '<ds:SignatureValue>{signatureValue}</ds:SignatureValue>' +
    '<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>' +
    `<ds:Object><xades:QualifyingProperties${XADES} Target="#${SIGNATURE_ID}">${signedProperties('', '')}` +
    '</xades:QualifyingProperties></ds:Object></ds:Signature>',
);

/** How every signature begins in canonical form. */
export const SIGNATURE_START = '<ds:Signature ';

const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]{0,63}\/[a-z0-9][a-z0-9.+-]{0,63}$/;

/** True for a media type as the profile writes it: lower case, without parameters. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}
