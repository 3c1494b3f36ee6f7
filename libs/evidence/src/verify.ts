import { MAX_BYTES, validateParsed, type CertificateRole, type DocumentOf, type XmlKind } from '#contracts';
import { checkIntegrity, readIntact, type IntactDocument } from './integrity.ts';
import { judgeSigner, requireRole, type JudgeOptions, type SignerIdentity, type TrustView } from './trust.ts';

/** A document that was signed by someone the network vouches for, and is unaltered. */
export interface SignedDocument extends Omit<IntactDocument, 'certificate'> {
  readonly signer: SignerIdentity;
}

export interface VerifyOptions {
  /** Refused by length before a byte is read; `MAX_BYTES` of `#contracts` has the bound of each kind. */
  readonly maxBytes: number;
}

/**
 * Verifies a document signed by our profile, strictly. Steps, each with its own codes: `checkIntegrity` (bytes),
 * then `judgeSigner` (certificate). Says nothing about what the document means or whether its author may say it.
 *
 * @param at Time of arrival, at which revocation is judged.
 * @throws HubError with the code of the first step that fails
 */
export function verifySigned(
  bytes: Buffer,
  trust: TrustView,
  at: Date,
  { maxBytes }: VerifyOptions,
): SignedDocument {
  return vouched(checkIntegrity(bytes, maxBytes), trust, at);
}

/** A verified document, as bytes and as an object. */
export interface VerifiedDocument<K extends XmlKind> {
  readonly signed: SignedDocument;
  readonly document: DocumentOf[K];
}

/**
 * `verifySigned` for a document of ours: then the signer's role, the XSD, and the object, all in one parse.
 *
 * @throws HubError of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, the XML codes of `#contracts`
 */
export function verifyDocument<K extends XmlKind>(
  kind: K,
  bytes: Buffer,
  trust: TrustView,
  at: Date,
  role: CertificateRole,
): VerifiedDocument<K> {
  return readIntact(bytes, MAX_BYTES[kind], (intact, parsed) => {
    const signed = vouched(intact, trust, at);
    requireRole(signed.signer, role);
    return { signed, document: validateParsed(kind, parsed) };
  });
}

/** The second half of `verifySigned`, for a document whose first half is already known. */
export function vouched(
  document: IntactDocument,
  trust: TrustView,
  at: Date,
  options: JudgeOptions = {},
): SignedDocument {
  const signer = judgeSigner(document, trust, at, options);
  const { bytes, digest, signedInfoDigest, signingTime, mimeType } = document;
  return { bytes, digest, signedInfoDigest, signingTime, mimeType, signer };
}
