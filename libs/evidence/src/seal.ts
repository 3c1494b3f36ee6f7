/** Files sealed together, as an ASiC-E container carries them: ETSI EN 319 162-1 §4.4, EN 319 132-1 (XAdES baseline B, detached). */
import { parseSha256, type CertificateRole, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import { decodeStrictBase64 } from '#tlog';
import { sha256Base64, sha256Hex } from './digest.ts';
import {
  checkSignatureValue,
  readSigningTime,
  readSignersCertificate,
  type IntactDocument,
} from './integrity.ts';
import { isMediaType } from './profile.ts';
import { readSealText, sealProperties, sealSignedInfo, sealText, type SealedText } from './seal-profile.ts';
import type { Signer } from './signer.ts';
import { requireRole, type SignerIdentity, type TrustView } from './trust.ts';
import { vouched } from './verify.ts';

/** More files are refused: a ZIP without extensions counts no further. */
export const MAX_SEALED_FILES = 60_000;
/** A larger seal is refused unread, bytes: that of the most files with the longest names. */
export const MAX_SEAL_BYTES = 48 * 1024 * 1024;

/** Places of files: relative, one spelling, no step up, nothing that a URI or XML would escape. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const MAX_NAME_LENGTH = 200;

/** A file that a seal covers. */
export interface SealedFile {
  /** Its place in the container, e.g. `eventi/0001-practice.filed.xml`. */
  readonly name: string;
  readonly mediaType: string;
  readonly sha256: Sha256;
}

/** A seal whose signature verifies with the certificate it carries, and whose certificate the network vouches for. */
export interface VerifiedSeal {
  readonly files: readonly SealedFile[];
  readonly signer: SignerIdentity;
  readonly signingTime: Date;
  /** SHA-256 of the seal's bytes. */
  readonly digest: Sha256;
}

/** True for a place that a container of ours may have: no zip slip, one spelling. */
export function isSealableName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && NAME.test(name);
}

/**
 * Seals files, in the order given.
 * @param files 1 to `MAX_SEALED_FILES`, each name once
 * @throws HubError `UNSIGNED_DOCUMENT_UNSUITABLE`, `SIGNING_KEY_UNUSABLE`, `SIGNATURE_ENCODING`, and what the signer throws
 */
export async function sealFiles(files: readonly SealedFile[], signer: Signer, at: Date): Promise<Buffer> {
  const { algorithm, encoded, publicKey } = signer.certificate;
  if (algorithm === undefined)
    throw new HubError('SIGNING_KEY_UNUSABLE', 'the profile has no algorithm for the signer’s key');
  const fault = faultIn(files);
  if (fault !== undefined) throw new HubError('UNSIGNED_DOCUMENT_UNSUITABLE', fault);
  const texts = files.map(({ name, mediaType, sha256 }): SealedText => ({
    name,
    mediaType,
    digest: Buffer.from(sha256, 'hex').toString('base64'),
  }));
  const properties = {
    files: texts,
    signingTime: at.toISOString(),
    certificateDigest: encoded.digest,
  };
  const info = {
    files: texts,
    algorithm: algorithm.uri,
    propertiesDigest: sha256Base64(sealProperties(properties)),
  };
  const value = algorithm.normalize(await signer.sign(Buffer.from(sealSignedInfo(info))), publicKey);
  return Buffer.from(
    sealText({
      ...properties,
      ...info,
      signatureValue: value.toString('base64'),
      certificate: encoded.der,
    }),
  );
}

/** A seal whose value verifies with the certificate that it carries. Nothing is said yet about that certificate. */
export interface IntactSeal {
  readonly files: readonly SealedFile[];
  readonly document: IntactDocument;
}

/**
 * Reads a seal and checks everything that follows from its bytes. The files themselves are not looked at.
 * @throws HubError `SIGNED_DOCUMENT_TOO_LARGE`, `SIGNATURE_SHAPE`, `SIGNING_TIME_INVALID`, `CERTIFICATE_DIGEST_MISMATCH`,
 *   `SIGNED_PROPERTIES_DIGEST_MISMATCH`, `SIGNATURE_INVALID` and the codes beside it
 */
export function readSeal(bytes: Buffer): IntactSeal {
  if (bytes.length > MAX_SEAL_BYTES)
    throw new HubError('SIGNED_DOCUMENT_TOO_LARGE', `a seal has at most ${MAX_SEAL_BYTES} bytes`);
  // ASCII: any other byte becomes a character that the template does not have.
  const values = readSealText(bytes.toString('latin1'));
  if (values === undefined) throw shape('the seal is not built as the profile prescribes');
  const signingTime = readSigningTime(values.signingTime);
  const certificate = readSignersCertificate(values);
  if (values.propertiesDigest !== sha256Base64(sealProperties(values)))
    throw new HubError('SIGNED_PROPERTIES_DIGEST_MISMATCH', 'the signed properties are not what was signed');
  const info = Buffer.from(sealSignedInfo(values));
  checkSignatureValue(values, info, certificate);
  const files = values.files.map(({ name, mediaType, digest }): SealedFile => {
    const decoded = decodeStrictBase64(digest, 'the digest of a sealed file');
    if (decoded.length !== 32) throw shape(`the digest of ${name} is not of 32 bytes`);
    return { name, mediaType, sha256: parseSha256(decoded.toString('hex')) };
  });
  const fault = faultIn(files);
  if (fault !== undefined) throw shape(fault);
  const document = {
    bytes,
    digest: sha256Hex(bytes),
    signedInfoDigest: sha256Hex(info),
    certificate,
    signingTime,
    mimeType: 'application/vnd.etsi.asic-e+zip',
  };
  return { files, document };
}

/**
 * Verifies a seal: its bytes, and who made it. The files are compared with it by whoever has them.
 * @param at first proof that the seal exists: revocation is judged then
 * @throws HubError of `readSeal` and `judgeSigner`, `CERTIFICATE_ROLE_WRONG`
 */
export function verifySeal(
  { files, document }: IntactSeal,
  trust: TrustView,
  at: Date,
  role: CertificateRole,
): VerifiedSeal {
  const { signer, signingTime, digest } = vouched(document, trust, at);
  requireRole(signer, role);
  return { files, signer, signingTime, digest };
}

function faultIn(files: readonly SealedFile[]): string | undefined {
  if (files.length < 1 || files.length > MAX_SEALED_FILES)
    return `a seal covers 1 to ${MAX_SEALED_FILES} files, not ${files.length}`;
  const unsafe = files.find(({ name }) => !isSealableName(name));
  if (unsafe !== undefined) return `${JSON.stringify(unsafe.name.slice(0, 120))} is no place of a file`;
  const odd = files.find(({ mediaType }) => !isMediaType(mediaType));
  if (odd !== undefined) return `the media type of ${odd.name} is not plain and in lower case`;
  // Without regard to letter case: on some systems two such files would be one.
  const names = new Set(files.map(({ name }) => name.toLowerCase()));
  return names.size === files.length ? undefined : 'a file is named twice';
}

function shape(reason: string): HubError {
  return new HubError('SIGNATURE_SHAPE', reason);
}
