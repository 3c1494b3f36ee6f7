/** XML signatures: enveloped ones over the whole document are checked by the general engine; others are reported. */
import type { KeyObject } from 'node:crypto';
import { HubError, type ErrorCode } from '#errors';
import { verifyGeneral } from '#evidence';
import { readSignerCertificate } from '../certificate.ts';
import { judgeChain, type ChainContext } from '../chain.ts';
import { bareSignature, findingOf, invalid, notChecked, VALID, WHOLE } from '../findings.ts';
import type { FoundSignature } from '../report.ts';

/** Larger XML documents are not parsed here, bytes: a tree needs many times as much memory. */
const MAX_XML_BYTES = 8 * 1024 * 1024;
const NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#';
const ELEMENT = /<(?:[\w.-]+:)?Signature[\s>]/;
const WEAK_ALGORITHM =
  /Algorithm\s*=\s*["']http:\/\/www\.w3\.org\/(?:2000\/09\/xmldsig#(?:rsa-sha1|dsa-sha1|sha1|hmac-sha1)|2001\/04\/xmldsig-more#(?:md5|rsa-md5|ecdsa-sha1|sha224|rsa-sha224|ecdsa-sha224)|2001\/04\/xmlenc#ripemd160)["']/;
/** Bounded and without `<`, so that made-up text cannot make the search start over without end. */
const SIGNATURE_ALGORITHM =
  /<(?:[\w.-]{1,64}:)?SignatureMethod\s[^<>]{0,512}Algorithm\s*=\s*["']([^"'<>]+)["']/;
const DIGEST_ALGORITHM = /<(?:[\w.-]{1,64}:)?DigestMethod\s[^<>]{0,512}Algorithm\s*=\s*["']([^"'<>]+)["']/g;
const CHECKED_DIGEST =
  /^http:\/\/www\.w3\.org\/2001\/04\/(?:xmlenc#sha256|xmlenc#sha512|xmldsig-more#sha384)$/;
const CERTIFICATE = /<(?:[\w.-]{1,64}:)?X509Certificate>([A-Za-z0-9+/=\s]{1,32768})</;
const CHECKED_ALGORITHM = /^http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#(?:rsa|ecdsa)-sha(?:256|384|512)$/;

/** What the general engine says when the signature itself is wrong; everything else is beyond what it checks. */
const WRONG: ReadonlySet<ErrorCode> = new Set([
  'REFERENCE_DIGEST_MISMATCH',
  'SIGNED_PROPERTIES_DIGEST_MISMATCH',
  'SIGNATURE_INVALID',
  'SIGNATURE_ID_DUPLICATE',
  'CERTIFICATE_DIGEST_MISMATCH',
]);

/** @param depth envelopes around the document */
export function checkXml(bytes: Buffer, depth: number, context: ChainContext): FoundSignature[] {
  if (!holdsSignature(bytes)) return [];
  if (bytes.length > MAX_XML_BYTES) {
    const why = `XML of more than ${MAX_XML_BYTES} bytes is not checked`;
    return [bareSignature('XAdES', depth, notChecked('UPLOAD_CHECK_LIMIT', why))];
  }
  const objection = algorithmObjection(bytes.toString('latin1'));
  if (objection !== undefined) return [bareSignature('XAdES', depth, objection)];
  try {
    return [checked(bytes, depth, context)];
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return [bareSignature('XAdES', depth, findingOfEngine(error))];
  }
}

function holdsSignature(bytes: Buffer): boolean {
  for (const encoding of ['latin1', 'utf16le'] as const) {
    if (bytes.includes(NAMESPACE, 0, encoding)) return encoding !== 'latin1' || hasElement(bytes);
  }
  return bytes.includes(Buffer.from(NAMESPACE, 'utf16le').swap16());
}

/** A schema, or a list of namespaces, names the namespace and holds no signature. */
function hasElement(bytes: Buffer): boolean {
  return ELEMENT.test(bytes.toString('latin1'));
}

/** What the engine would call wrong although it only does not know it: that is told apart here. */
function algorithmObjection(text: string): FoundSignature['integrity'] | undefined {
  if (WEAK_ALGORITHM.test(text)) return invalid('UPLOAD_ALGORITHM_WEAK', 'it uses SHA-1, or what is as weak');
  const algorithm = SIGNATURE_ALGORITHM.exec(text)?.[1];
  if (algorithm !== undefined && !CHECKED_ALGORITHM.test(algorithm)) {
    return notChecked('UPLOAD_ALGORITHM_NOT_CHECKED', 'the signature algorithm is not known here');
  }
  for (const [, digest = ''] of text.matchAll(DIGEST_ALGORITHM)) {
    if (CHECKED_DIGEST.test(digest)) continue;
    return notChecked('UPLOAD_ALGORITHM_NOT_CHECKED', 'a digest algorithm is not known here');
  }
  return keyObjection(CERTIFICATE.exec(text)?.[1]);
}

/** The keys that the general engine takes: RSA of 2048 to 4096 bits, and three curves. */
function keyObjection(base64: string | undefined): FoundSignature['integrity'] | undefined {
  let key: KeyObject;
  try {
    key = readSignerCertificate(Buffer.from(base64 ?? '', 'base64')).x509.publicKey;
  } catch {
    // Whatever this is, the engine has a word for it.
    return undefined;
  }
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' && modulusLength < 2_048) {
    return invalid('UPLOAD_ALGORITHM_WEAK', `an RSA key of ${modulusLength} bits protects nothing`);
  }
  const isKnown =
    key.asymmetricKeyType === 'rsa'
      ? modulusLength <= 4_096
      : ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve);
  return isKnown
    ? undefined
    : notChecked('UPLOAD_ALGORITHM_NOT_CHECKED', 'its key is of a kind not known here');
}

function findingOfEngine(error: HubError): FoundSignature['integrity'] {
  if (WRONG.has(error.code)) return findingOf(error);
  return notChecked('UPLOAD_FORMAT_NOT_CHECKED', `${error.code}: ${error.message}`);
}

function checked(bytes: Buffer, depth: number, context: ChainContext): FoundSignature {
  const document = verifyGeneral(bytes, MAX_XML_BYTES);
  const certificate = readSignerCertificate(document.certificate.x509.raw);
  return {
    format: 'XAdES',
    level: null,
    kind: 'signature',
    depth,
    signer: certificate.signer,
    certificate: certificate.described,
    signingTime: document.signingTime?.toISOString() ?? null,
    integrity: VALID,
    chain: judgeChain(certificate, [], document.signingTime, context),
    coverage: WHOLE,
    content: null,
    notLookedInto: [],
  };
}
