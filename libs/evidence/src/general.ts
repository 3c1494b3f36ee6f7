/**
 * Enveloped XML signatures of other signers: a professional's form, a segnatura di protocollo. xml-crypto does the
 * cryptography, with pinned algorithms; libxml2 decides before whether the document is plain enough for it, and after
 * whether it read the document as xml-crypto did.
 */
import { createRequire } from 'node:module';
import { XmlC14NMode, type XmlDocument } from 'libxml2-wasm';
import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import { canonicalBytes, parseXml } from './canonical.ts';
import type { SigningCertificate } from './certificate.ts';
import { sha256Hex } from './digest.ts';
import { digestOf, INCLUSIVE_C14N, pinnedSignedXml } from './general-algorithms.ts';
import { readShape, type GeneralShape } from './general-shape.ts';
import { checkBytes, checkSize } from './guard.ts';
import { DSIG_NAMESPACE } from './profile.ts';

/** A document whose signature by some XML signer verifies with the certificate it carries. */
export interface GeneralDocument {
  readonly bytes: Buffer;
  /** SHA-256 of `bytes`. */
  readonly digest: Sha256;
  readonly certificate: SigningCertificate;
  /** `xades` if SigningTime and certificate digest are signed; otherwise a plain XML signature. */
  readonly format: 'xades' | 'xmldsig';
  readonly signingTime: Date | null;
  /** What was signed, canonical, signature left out: all that may be read of the document. */
  readonly content: Buffer;
}

/**
 * Required, not imported: its types would bring those of browsers into the whole project. The same parser, in the same
 * version, as xml-crypto's own: what it finds, xml-crypto finds.
 */
const require = createRequire(import.meta.url);
const { DOMParser } = require('@xmldom/xmldom') as {
  readonly DOMParser: new () => {
    parseFromString(xml: string, type: string): XmldomDocument;
  };
};
interface XmldomDocument {
  getElementsByTagNameNS(namespace: string, name: string): ArrayLike<string>;
}

const DECLARATION =
  /^<\?xml version="1\.0"(?: encoding="(?:utf|UTF)-8")?(?: standalone="(?:yes|no)")?\s*\?>\s*/;
/** Longer than any declaration that `DECLARATION` accepts, bytes. */
const DECLARATION_BYTES = 200;

/**
 * Checks an enveloped signature over the whole document. One signature, a child of the root; references to the document
 * and to the signature's own XAdES properties, nothing else; SHA-2 with RSA 2048–4096 or ECDSA. No comment, CDATA
 * section, processing instruction or DTD anywhere.
 *
 * @throws HubError with the code of the first step that fails
 */
export function verifyGeneral(bytes: Buffer, maxBytes: number): GeneralDocument {
  checkSize(bytes, maxBytes);
  const start = DECLARATION.exec(bytes.toString('latin1', 0, DECLARATION_BYTES))?.[0].length ?? 0;
  const xml = bytes.subarray(start);
  checkBytes(xml);
  const parsed = parseXml(xml);
  try {
    const shape = readShape(parsed);
    const content = checkWithXmlCrypto(xml.toString(), shape);
    checkReading(parsed, shape, content);
    const signingTime = checkProperties(shape);
    const format = shape.properties === null ? 'xmldsig' : 'xades';
    return { bytes, digest: sha256Hex(bytes), certificate: shape.certificate, format, signingTime, content };
  } finally {
    parsed.dispose();
  }
}

/** @returns the canonical content that the reference to the document digests */
function checkWithXmlCrypto(xml: string, shape: GeneralShape): Buffer {
  // xmldom takes these for line ends, as XML 1.1 does: in XML 1.0 they are characters like others.
  const text = xml.replace(/[\u0085\u2028]/g, (found) => `&#${found.charCodeAt(0)};`);
  const signed = pinnedSignedXml(shape.certificate.publicKey);
  let valid: boolean;
  try {
    const signature = new DOMParser()
      .parseFromString(text, 'text/xml')
      .getElementsByTagNameNS(DSIG_NAMESPACE, 'Signature')[0];
    signed.loadSignature(signature ?? '');
    valid = signed.checkSignature(text);
  } catch (cause) {
    throw new HubError('SIGNATURE_INVALID', 'the signature does not verify', { cause });
  }
  const content = signed.getSignedReferences()[shape.documentReference];
  if (!valid || content === undefined) {
    throw new HubError('REFERENCE_DIGEST_MISMATCH', 'the content is not what was signed');
  }
  return Buffer.from(content);
}

/** Two parsers and two canonicalizers must agree on what was signed; where they differ, attacks live. */
function checkReading(parsed: XmlDocument, shape: GeneralShape, content: Buffer): void {
  const mode =
    shape.documentCanonicalization === INCLUSIVE_C14N
      ? XmlC14NMode.XML_C14N_1_0
      : XmlC14NMode.XML_C14N_EXCLUSIVE_1_0;
  shape.signature.remove();
  if (!canonicalBytes(parsed, mode).equals(content)) {
    throw new HubError('SIGNATURE_SHAPE', 'the document can be read in more than one way');
  }
}

/** ETSI EN 319 132-1 §5.2: time and certificate, as signed. */
function checkProperties({ properties, certificate }: GeneralShape): Date | null {
  if (properties === null) return null;
  const { signingTime, certificateDigest } = properties;
  if (certificateDigest !== null) {
    const digest = digestOf(certificateDigest.method, certificate.x509.raw);
    if (digest !== certificateDigest.value) {
      throw new HubError('CERTIFICATE_DIGEST_MISMATCH', 'SigningCertificateV2 names another certificate');
    }
  }
  if (signingTime === null) return null;
  const time = new Date(signingTime);
  if (Number.isNaN(time.getTime())) throw new HubError('SIGNING_TIME_INVALID', 'SigningTime is no time');
  return time;
}
