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
import { digestOf, INCLUSIVE_C14N, pinnedSignedXml, verifiesAs } from './general-algorithms.ts';
import { readShape, type GeneralShape } from './general-shape.ts';
import { checkBytes, checkSize, checkTags } from './guard.ts';
import { DSIG_NAMESPACE, EXCLUSIVE_C14N } from './profile.ts';

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

const EXCLUSIVE = XmlC14NMode.XML_C14N_EXCLUSIVE_1_0;
const INCLUSIVE = XmlC14NMode.XML_C14N_1_0;
/** Start and end tags: xml-crypto takes half a second for as many, and four times as long for twice as many. */
const MAX_TAGS = 10_000;
const WHITE_SPACE = /[ \t\r\n]/g;
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
  checkTags(xml, MAX_TAGS);
  const parsed = parseXml(xml);
  try {
    const shape = readShape(parsed);
    const content = checkAlone(parsed, shape);
    checkWithXmlCrypto(xml.toString(), shape, content);
    const signingTime = checkProperties(shape);
    const format = shape.properties === null ? 'xmldsig' : 'xades';
    return { bytes, digest: sha256Hex(bytes), certificate: shape.certificate, format, signingTime, content };
  } finally {
    parsed.dispose();
  }
}

/**
 * What xml-crypto is about to check, checked with libxml2 and `node:crypto` first, but for the signed properties. It is
 * quick, so that what does not verify is refused at once, whatever it would cost xml-crypto to find out.
 * @returns the canonical content that the reference to the document digests
 */
function checkAlone(parsed: XmlDocument, shape: GeneralShape): Buffer {
  const { signedInfo, signedInfoCanonicalization, signatureMethod, signatureValue, documentDigest } = shape;
  const mode = modeOf(signedInfoCanonicalization);
  // Canonicalized in its place: inclusive form takes in the namespaces around it.
  const material = mode === undefined ? '' : canonicalBytes(signedInfo, mode).toString();
  shape.signature.remove();
  const content = canonicalBytes(parsed, modeOf(shape.documentCanonicalization) ?? EXCLUSIVE);
  const digest = digestOf(documentDigest.method, content);
  if (digest === undefined) throw new HubError('SIGNATURE_INVALID', 'the digest algorithm is not accepted');
  if (digest !== documentDigest.value.replace(WHITE_SPACE, '')) {
    throw new HubError('REFERENCE_DIGEST_MISMATCH', 'the content is not what was signed');
  }
  if (
    mode === undefined ||
    !verifiesAs(signatureMethod, material, shape.certificate.publicKey, signatureValue)
  ) {
    throw new HubError('SIGNATURE_INVALID', 'the signature does not verify');
  }
  return content;
}

function modeOf(canonicalization: string): typeof EXCLUSIVE | typeof INCLUSIVE | undefined {
  if (canonicalization === EXCLUSIVE_C14N) return EXCLUSIVE;
  return canonicalization === INCLUSIVE_C14N ? INCLUSIVE : undefined;
}

/** Two parsers and two canonicalizers must agree on what was signed; where they differ, attacks live. */
function checkWithXmlCrypto(xml: string, shape: GeneralShape, content: Buffer): void {
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
  const read = signed.getSignedReferences()[shape.documentReference];
  if (!valid || read === undefined) {
    // The document itself has been checked: what is left are the signed properties.
    throw new HubError('SIGNED_PROPERTIES_DIGEST_MISMATCH', 'the signed properties are not what was signed');
  }
  if (!content.equals(Buffer.from(read))) {
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
