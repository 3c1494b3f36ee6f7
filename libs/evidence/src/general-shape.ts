/** What a signature of another signer must look like before xml-crypto is asked, read with libxml2. */
import { XmlElement, type XmlDocument } from 'libxml2-wasm';
import { HubError } from '#errors';
import { readCertificateText, type SigningCertificate } from './certificate.ts';
import { INCLUSIVE_C14N } from './general-algorithms.ts';
import { DSIG_NAMESPACE, ENVELOPED_SIGNATURE, EXCLUSIVE_C14N, XADES_NAMESPACE } from './profile.ts';

export interface GeneralShape {
  readonly signature: XmlElement;
  readonly certificate: SigningCertificate;
  /** Which reference is the one to the document, from 0. */
  readonly documentReference: number;
  readonly documentCanonicalization: string;
  /** Of the reference to the document. */
  readonly documentDigest: Digest;
  readonly signedInfo: XmlElement;
  readonly signedInfoCanonicalization: string;
  readonly signatureMethod: string;
  /** Base64, as it stands there. */
  readonly signatureValue: string;
  /** The signed XAdES properties; null for a plain XML signature. */
  readonly properties: SignedProperties | null;
}

interface SignedProperties {
  readonly signingTime: string | null;
  readonly certificateDigest: Digest | null;
}

interface Digest {
  readonly method: string;
  /** Base64. */
  readonly value: string;
}

const NAMESPACES = { ds: DSIG_NAMESPACE, xades: XADES_NAMESPACE };
/** xml-crypto finds these by local name, wherever in the signature they are: each may be there once, in its place. */
const ONCE = [
  'SignedInfo',
  'CanonicalizationMethod',
  'SignatureMethod',
  'SignatureValue',
  'KeyInfo',
] as const;

/** @throws HubError `SIGNATURE_MISSING`, `SIGNATURE_MULTIPLE`, `SIGNATURE_MISPLACED`, `SIGNATURE_SHAPE`,
 *   `SIGNATURE_ID_DUPLICATE`, `CERTIFICATE_MALFORMED` */
export function readShape(document: XmlDocument): GeneralShape {
  const signature = theSignature(document);
  const path = (text: string): XmlElement[] =>
    signature.find(text, NAMESPACES).filter((node) => node instanceof XmlElement);
  for (const name of ONCE) {
    if (path(`.//*[local-name() = "${name}"]`).length !== 1) throw shape(`there is not one ${name}`);
  }
  const the = (place: string): XmlElement => {
    const [found, ...more] = path(place);
    if (found === undefined || more.length > 0) throw shape(`${place} is not where it belongs`);
    return found;
  };
  const method = (place: string): string => {
    const found = the(place);
    if (found.firstChild !== null) throw shape(`${place} has parameters`);
    return algorithmOf(found);
  };
  the('ds:KeyInfo');
  const signedInfo = the('ds:SignedInfo');
  const signedInfoCanonicalization = method('ds:SignedInfo/ds:CanonicalizationMethod');
  const references = path('ds:SignedInfo/ds:Reference').map(readReference);
  const documentReference = references.findIndex(({ uri }) => uri === '');
  const found = references[documentReference];
  if (found === undefined) throw shape('no reference covers the document');
  const properties = path('ds:Object/xades:QualifyingProperties/xades:SignedProperties');
  checkOthers(references.toSpliced(documentReference, 1), properties);
  checkId(document, properties[0]);
  if (signedInfoCanonicalization !== EXCLUSIVE_C14N) checkOneSignedInfo(document);
  const [certificate] = path('ds:KeyInfo/ds:X509Data/ds:X509Certificate');
  if (certificate === undefined) throw shape('no certificate is in KeyInfo');
  return {
    signature,
    certificate: readCertificateText(certificate.content.replace(/[ \t\r\n]/g, '')),
    documentReference,
    documentCanonicalization: found.canonicalization,
    documentDigest: found.digest,
    signedInfo,
    signedInfoCanonicalization,
    signatureMethod: method('ds:SignedInfo/ds:SignatureMethod'),
    signatureValue: the('ds:SignatureValue').content,
    properties: properties[0] === undefined ? null : readProperties(properties[0]),
  };
}

function theSignature(document: XmlDocument): XmlElement {
  const [signature, ...more] = document.find('//ds:Signature', NAMESPACES);
  if (!(signature instanceof XmlElement)) {
    throw new HubError('SIGNATURE_MISSING', 'the document holds no ds:Signature');
  }
  if (more.length > 0) throw new HubError('SIGNATURE_MULTIPLE', 'the document holds more than one signature');
  if (signature.parent?.isSameNode(document.root) !== true) {
    throw new HubError('SIGNATURE_MISPLACED', 'the signature is not a child of the root');
  }
  return signature;
}

interface Reference {
  readonly uri: string;
  readonly canonicalization: string;
  readonly digest: Digest;
}

function algorithmOf(element: XmlElement): string {
  return element.attr('Algorithm')?.value ?? '';
}

function readReference(reference: XmlElement): Reference {
  const uri = reference.attr('URI')?.value;
  if (uri === undefined) throw shape('a reference has no URI');
  const transforms = reference
    .find('ds:Transforms/ds:Transform', NAMESPACES)
    .filter((node) => node instanceof XmlElement);
  if (transforms.some((transform) => transform.firstChild !== null))
    throw shape('a transform has parameters');
  const [last = '', ...before] = transforms.map(algorithmOf).toReversed();
  // A reference that ends with a node set is canonicalized inclusively (XML Signature 1.1 §4.4.3.2).
  const canonicalization = last === EXCLUSIVE_C14N ? EXCLUSIVE_C14N : INCLUSIVE_C14N;
  const rest = last === EXCLUSIVE_C14N || last === INCLUSIVE_C14N ? before : [last, ...before];
  const enveloped = rest.length === 1 && rest[0] === ENVELOPED_SIGNATURE;
  if (uri === '' ? !enveloped : rest.some((name) => name !== '')) {
    throw shape('transforms are not: enveloped signature, then canonicalization');
  }
  const [method] = reference.find('ds:DigestMethod', NAMESPACES);
  const [value] = reference.find('ds:DigestValue', NAMESPACES);
  if (!(method instanceof XmlElement) || value === undefined) throw shape('a reference has no digest');
  return { uri, canonicalization, digest: { method: algorithmOf(method), value: value.content } };
}

/** Beside the document, only the signature's own XAdES properties may be signed; and if there are any, they must be. */
function checkOthers(others: readonly Reference[], properties: readonly XmlElement[]): void {
  const [only, ...more] = properties;
  if (more.length > 0) throw shape('there is more than one SignedProperties');
  const id = only?.attr('Id')?.value;
  const expected = only === undefined ? [] : [`#${id ?? ''}`];
  if (others.length !== expected.length || others.some(({ uri }, i) => uri !== expected[i])) {
    throw shape('references are not: the document, then the signed properties');
  }
}

/** The id that a reference names belongs to the signed properties alone. */
function checkId(document: XmlDocument, properties: XmlElement | undefined): void {
  const id = properties?.attr('Id')?.value;
  if (id === undefined) return;
  if (!/^[\w.-]+$/.test(id)) throw shape('the id of the signed properties is not a plain name');
  const found = document.find(`//@*[translate(local-name(), "ID", "id") = "id"][. = "${id}"]`);
  if (found.length !== 1) {
    throw new HubError('SIGNATURE_ID_DUPLICATE', 'the id of the signed properties is used elsewhere');
  }
}

/** For inclusive canonicalization xml-crypto takes the namespaces of the first SignedInfo of the document. */
function checkOneSignedInfo(document: XmlDocument): void {
  if (document.find('//*[local-name() = "SignedInfo"]').length !== 1) {
    throw shape('there is more than one SignedInfo');
  }
}

function readProperties(properties: XmlElement): SignedProperties {
  const text = (path: string): string | null => {
    const nodes = properties.find(`xades:SignedSignatureProperties/${path}`, NAMESPACES);
    if (nodes.length > 1) throw shape(`there is more than one ${path}`);
    return nodes[0]?.content ?? null;
  };
  const digest = 'xades:SigningCertificateV2/xades:Cert/xades:CertDigest';
  const method = text(`${digest}/ds:DigestMethod/@Algorithm`);
  const value = text(`${digest}/ds:DigestValue`);
  return {
    signingTime: text('xades:SigningTime'),
    certificateDigest: method === null || value === null ? null : { method, value },
  };
}

function shape(reason: string): HubError {
  return new HubError('SIGNATURE_SHAPE', reason);
}
