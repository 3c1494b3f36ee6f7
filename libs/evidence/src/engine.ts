import type { Sha256 } from '#contracts';
import type { SigningCertificate } from './certificate.ts';
import { verifyGeneral } from './general.ts';
import { checkIntegrity } from './integrity.ts';

/** What every engine says of a document whose signature verifies. Whether its signer is to be trusted is another matter. */
export interface CheckedSignature {
  readonly bytes: Buffer;
  /** SHA-256 of `bytes`. */
  readonly digest: Sha256;
  readonly certificate: SigningCertificate;
  /** As claimed and signed; null if the signature does not say. */
  readonly signingTime: Date | null;
}

/** A way to check signatures. Pure functions of the bytes. */
export interface SignatureEngine {
  readonly name: 'strict' | 'general';
  /** @throws HubError with the code of the first step that fails */
  check(bytes: Buffer, maxBytes: number): CheckedSignature;
}

/** Our profile only, byte for byte. What the network runs on. */
export const strictEngine: SignatureEngine = { name: 'strict', check: checkIntegrity };

/** XML signatures of others: more freedom in form, fewer promises. Never for events. */
export const generalEngine: SignatureEngine = { name: 'general', check: verifyGeneral };
