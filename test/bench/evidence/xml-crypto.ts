/** The baseline: xml-crypto verifying and making the same signature, with its algorithms pinned to the same ones. */
import { createRequire } from 'node:module';
import { createHash, sign, verify, type KeyLike, type KeyObject } from 'node:crypto';
import { SignedXml } from 'xml-crypto';

/** Required, not imported: its types would bring those of browsers into the whole project. */
const require = createRequire(import.meta.url);
const { DOMParser } = require('@xmldom/xmldom') as {
  readonly DOMParser: new () => {
    parseFromString(
      xml: string,
      type: string,
    ): { getElementsByTagNameNS(namespace: string, name: string): Iterable<string> & ArrayLike<string> };
  };
};
const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const ECDSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

class EcdsaSha256 {
  getAlgorithmName = (): string => ECDSA_SHA256;
  getSignature = (material: unknown, key: unknown): string =>
    sign('sha256', Buffer.from(String(material)), {
      key: key as KeyObject,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64');
  verifySignature = (material: string, key: KeyLike, value: string): boolean =>
    verify(
      'sha256',
      Buffer.from(material),
      { key: key as KeyObject, dsaEncoding: 'ieee-p1363' },
      Buffer.from(value, 'base64'),
    );
}

class Sha256 {
  getAlgorithmName = (): string => SHA256;
  getHash = (xml: string): string => createHash('sha256').update(xml).digest('base64');
}

function pinned(signed: SignedXml): SignedXml {
  signed.SignatureAlgorithms = { [ECDSA_SHA256]: EcdsaSha256 };
  signed.HashAlgorithms = { [SHA256]: Sha256 };
  return signed;
}

/** Verifies as xml-crypto's documentation shows, with the certificate that the document carries. */
export function verifyWithXmlCrypto(bytes: Buffer): boolean {
  const xml = bytes.toString();
  const signed = pinned(
    new SignedXml({ getCertFromKeyInfo: (keyInfo) => SignedXml.getCertFromKeyInfo(keyInfo) }),
  );
  const [signature] = Array.from(
    new DOMParser().parseFromString(xml, 'text/xml').getElementsByTagNameNS(DSIG, 'Signature'),
  );
  if (signature === undefined) return false;
  signed.loadSignature(signature);
  return signed.checkSignature(xml);
}

/**
 * The least that xml-crypto can do: the signature cut out of the text by its position, the key known and parsed. No
 * certificate is read.
 */
export function verifyLeanWithXmlCrypto(bytes: Buffer, key: KeyObject): boolean {
  const xml = bytes.toString();
  const signed = pinned(new SignedXml({ publicCert: key, getCertFromKeyInfo: () => null }));
  const start = xml.lastIndexOf('<ds:Signature ');
  signed.loadSignature(xml.slice(start, xml.lastIndexOf('</')));
  return signed.checkSignature(xml);
}

export interface XmlCryptoSigner {
  readonly key: KeyObject;
  readonly certificatePem: string;
  readonly certificateDigest: string;
}

/** Signs with the same two references and the same XAdES properties. */
export function signWithXmlCrypto(unsigned: Buffer, at: Date, signer: XmlCryptoSigner): string {
  const signed = pinned(
    new SignedXml({
      privateKey: signer.key,
      publicCert: signer.certificatePem,
      signatureAlgorithm: ECDSA_SHA256,
      canonicalizationAlgorithm: EXCLUSIVE_C14N,
      objects: [{ content: qualifyingProperties(at, signer.certificateDigest) }],
    }),
  );
  signed.addReference({
    xpath: '/*',
    id: 'signature-content',
    isEmptyUri: true,
    transforms: [ENVELOPED, EXCLUSIVE_C14N],
    digestAlgorithm: SHA256,
  });
  signed.addReference({
    xpath: "//*[@Id='signature-properties']",
    uri: 'signature-properties',
    type: 'http://uri.etsi.org/01903#SignedProperties',
    transforms: [EXCLUSIVE_C14N],
    digestAlgorithm: SHA256,
  });
  signed.computeSignature(unsigned.toString(), { prefix: 'ds', attrs: { Id: 'signature' } });
  return signed.getSignedXml();
}

function qualifyingProperties(at: Date, certificateDigest: string): string {
  return (
    '<xades:QualifyingProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" Target="#signature">' +
    '<xades:SignedProperties Id="signature-properties"><xades:SignedSignatureProperties>' +
    `<xades:SigningTime>${at.toISOString()}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert>` +
    `<xades:CertDigest><ds:DigestMethod Algorithm="${SHA256}"></ds:DigestMethod>` +
    `<ds:DigestValue>${certificateDigest}</ds:DigestValue></xades:CertDigest></xades:Cert>` +
    '</xades:SigningCertificateV2></xades:SignedSignatureProperties><xades:SignedDataObjectProperties>' +
    '<xades:DataObjectFormat ObjectReference="#signature-content"><xades:MimeType>application/xml' +
    '</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>' +
    '</xades:SignedProperties></xades:QualifyingProperties>'
  );
}
