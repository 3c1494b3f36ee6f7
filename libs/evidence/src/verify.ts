import { checkIntegrity, type IntactDocument } from './integrity.ts';
import { judgeSigner, type SignerIdentity, type TrustView } from './trust.ts';

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

/** The second half of `verifySigned`, for a document whose first half is already known. */
export function vouched(document: IntactDocument, trust: TrustView, at: Date): SignedDocument {
  const signer = judgeSigner(document, trust, at);
  const { bytes, digest, signedInfoDigest, signingTime, mimeType } = document;
  return { bytes, digest, signedInfoDigest, signingTime, mimeType, signer };
}
