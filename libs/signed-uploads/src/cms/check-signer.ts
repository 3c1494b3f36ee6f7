/** Judges one signer of a CMS signature: RFC 5652 §5.6, and what CAdES asks for (ETSI EN 319 122-1 §5, §6.3). */
import { createHash } from 'node:crypto';
import { HubError, type ErrorCode } from '#errors';
import { malformed, TAG, type BerReader, type Element } from '../ber.ts';
import type { ReadCertificate } from '../certificate.ts';
import { judgeChain, type ChainContext } from '../chain.ts';
import { findingOf, NOBODY, VALID } from '../findings.ts';
import type { Chain, FoundSignature } from '../report.ts';
import { checkByAlgorithm, digestByOid } from './algorithms.ts';
import type { ContentDigests, SignedData } from './signed-data.ts';
import { readSignerInfo, type SignedAttributes, type SignerInfo } from './signer-info.ts';

const ATTRIBUTE = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  /** RFC 5035 §3. */
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;
const NOT_LOOKED_INTO: ReadonlyMap<string, 'timestamp' | 'countersignature'> = new Map([
  ['1.2.840.113549.1.9.16.2.14', 'timestamp'],
  ['1.2.840.113549.1.9.6', 'countersignature'],
]);
const SHA256_OID = '2.16.840.1.101.3.4.2.1';

/** What one signer's part of a signature says; the caller knows format and coverage. */
export interface CheckedSigner extends Pick<
  FoundSignature,
  'signer' | 'certificate' | 'integrity' | 'chain' | 'notLookedInto'
> {
  readonly signingTime: Date | null;
  /** The signature names its certificate by digest, as CAdES and PAdES want. */
  readonly namesCertificate: boolean;
}

/**
 * @param digests of what was signed; null if it is not here
 * @param otherTime a time claimed outside the signature's attributes, for the chain
 */
export function checkSigner(
  signedData: SignedData,
  element: Element,
  digests: ContentDigests | null,
  context: ChainContext,
  otherTime: Date | null = null,
): CheckedSigner {
  const { reader, certificates } = signedData;
  let info: SignerInfo;
  try {
    info = readSignerInfo(reader, element);
  } catch (error) {
    return { ...NOBODY, integrity: findingOf(error), signingTime: null, namesCertificate: false };
  }
  const own = certificates.find(info.isOf);
  const signingTime = claimedTime(reader, info.signed);
  return {
    signer: own?.signer ?? null,
    certificate: own?.described ?? null,
    signingTime,
    integrity: integrityOf(signedData, info, own, digests),
    chain: own === undefined ? NOBODY.chain : chainOf(own, certificates, signingTime ?? otherTime, context),
    namesCertificate: info.signed?.values.has(ATTRIBUTE.signingCertificateV2) ?? false,
    notLookedInto: [...new Set(info.unsigned.flatMap((type) => NOT_LOOKED_INTO.get(type) ?? []))],
  };
}

function integrityOf(
  signedData: SignedData,
  info: SignerInfo,
  certificate: ReadCertificate | undefined,
  digests: ContentDigests | null,
): FoundSignature['integrity'] {
  try {
    checkIntegrity(signedData, info, certificate, digests);
    return VALID;
  } catch (error) {
    return findingOf(error);
  }
}

function chainOf(
  own: ReadCertificate,
  all: readonly ReadCertificate[],
  signingTime: Date | null,
  context: ChainContext,
): Chain {
  const others = all.filter((other) => other !== own);
  return judgeChain(own, others, signingTime, context);
}

function checkIntegrity(
  { reader, contentType }: SignedData,
  info: SignerInfo,
  certificate: ReadCertificate | undefined,
  digests: ContentDigests | null,
): void {
  const digest = digestByOid(info.digestOid);
  const check = checkByAlgorithm(reader, info.algorithm, digest);
  if (digests === null) refuse('UPLOAD_SIGNED_CONTENT_ABSENT', 'what was signed is not in the file');
  if (certificate === undefined) refuse('UPLOAD_SIGNER_CERTIFICATE_ABSENT', 'its certificate is not with it');
  const { signed } = info;
  // RFC 5652 allows none for plain data. Then the attributes of another signature could pass for the content.
  if (signed === null) refuse('UPLOAD_SIGNED_ATTRIBUTE_MISSING', 'it has no signed attributes');
  if (reader.oid(required(signed, ATTRIBUTE.contentType)) !== contentType) {
    refuse('REFERENCE_DIGEST_MISMATCH', 'another type of content was signed');
  }
  const messageDigest = Buffer.concat(reader.octets(required(signed, ATTRIBUTE.messageDigest)));
  if (!messageDigest.equals(digests.by(digest))) {
    refuse('REFERENCE_DIGEST_MISMATCH', 'the content is not what was signed');
  }
  if (!check(signed.toVerify, certificate.x509.publicKey, info.signature)) {
    refuse('SIGNATURE_INVALID', 'the signature value does not verify');
  }
  checkNamedCertificate(reader, signed, certificate);
}

function refuse(code: ErrorCode, why: string): never {
  throw new HubError(code, why);
}

function required({ values }: SignedAttributes, type: string): Element {
  return (
    values.get(type) ?? refuse('UPLOAD_SIGNED_ATTRIBUTE_MISSING', `the signed attribute ${type} is missing`)
  );
}

/** RFC 5035 §4: certs[0] is the signer's. Without it another certificate for the same key could be put in its place. */
function checkNamedCertificate(
  reader: BerReader,
  { values }: SignedAttributes,
  { x509 }: ReadCertificate,
): void {
  const attribute = values.get(ATTRIBUTE.signingCertificateV2);
  if (attribute === undefined) return;
  const [certs] = reader.children(attribute);
  const [first] = certs === undefined ? [] : reader.children(certs);
  if (first === undefined) throw malformed('SigningCertificateV2 names no certificate');
  const parts = reader.list(first, 3);
  const algorithm = parts[0]?.tag === TAG.sequence ? parts.shift() : undefined;
  const oid = algorithm === undefined ? SHA256_OID : reader.oid(reader.list(algorithm, 2)[0]);
  const [hash] = parts;
  if (hash === undefined) throw malformed('SigningCertificateV2 has no digest');
  const digest = createHash(digestByOid(oid)).update(x509.raw).digest();
  if (digest.equals(Buffer.concat(reader.octets(hash)))) return;
  refuse('CERTIFICATE_DIGEST_MISMATCH', 'SigningCertificateV2 names another certificate');
}

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** RFC 5652 §11.3; null if it is absent or no time. */
function claimedTime(reader: BerReader, signed: SignedAttributes | null): Date | null {
  const element = signed?.values.get(ATTRIBUTE.signingTime);
  return element === undefined ? null : readTime(reader, element);
}

/** UTCTime or GeneralizedTime in the form of DER, to the second (RFC 5280 §4.1.2.5); fractions are left out. */
export function readTime(reader: BerReader, element: Element): Date | null {
  const text = reader.body(element).toString('latin1');
  const found =
    element.tag === UTC_TIME
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
      : element.tag === GENERALIZED_TIME
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(text)
        : null;
  if (found === null) return null;
  const [, year = '', month, day, hour, minute, second] = found;
  const century = year.length === 4 ? '' : Number(year) < 50 ? '20' : '19';
  const time = new Date(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? null : time;
}
