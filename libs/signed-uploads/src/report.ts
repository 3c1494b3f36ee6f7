/**
 * What is said of the signatures in an uploaded document. It names people: it stays with the document's metadata and
 * dies with the document; never put it into an event, a header or a log.
 */
import type { ErrorCode } from '#errors';
import type { Sha256 } from '#contracts';

/** ASiC is recognised, never checked. */
export type SignatureFormat = 'PAdES' | 'CAdES' | 'XAdES' | 'ASiC';

/** Who signed, as the certificate's subject says; nobody else vouches for it. */
export interface SignerName {
  /** commonName, or given name and surname. */
  readonly name: string | null;
  /** Italian tax code, where serialNumber has the form of ETSI EN 319 412-1 §5.1.3 (`TINIT-…`) or the older `IT:…`. */
  readonly taxCode: string | null;
  /** serialNumber of the subject as it stands. */
  readonly identifier: string | null;
  readonly organisation: string | null;
  /** organizationIdentifier (2.5.4.97). */
  readonly organisationIdentifier: string | null;
  readonly country: string | null;
}

export interface SignerCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 of its DER. */
  readonly fingerprint: Sha256;
  readonly keyUsage: readonly string[];
  /** What its QcStatements extension (ETSI EN 319 412-5) declares. A declaration: nobody here vouches for it. */
  readonly declaredQualified: { readonly device: boolean; readonly purpose: readonly string[] } | null;
}

/** A judgement; `code` and `why` are null if there is nothing to object. */
export interface Finding<Status extends string> {
  readonly status: Status;
  readonly code: ErrorCode | null;
  /** In English, without personal data. */
  readonly why: string | null;
}

/** Does the signature fit what it covers, and the certificate it carries? `not-checked` means: it is there, no more. */
export type Integrity = Finding<'valid' | 'invalid' | 'not-checked'>;

/** Was the certificate issued under a configured anchor, and valid at the claimed time? Revocation is not looked at. */
export type Chain = Finding<'anchored' | 'not-anchored'>;

export interface Coverage extends Finding<
  'whole' | 'earlier-revision' | 'changed-after-signing' | 'unknown'
> {
  /** Bytes of the document that follow what the signature covers. */
  readonly bytesAfter: number;
}

export interface FoundSignature {
  readonly format: SignatureFormat;
  /** `B` where the rules of baseline B that can be seen in the signature were checked. Higher levels are not judged. */
  readonly level: 'B' | null;
  /** A timestamp proves a time, and is nobody's consent. */
  readonly kind: 'signature' | 'timestamp';
  /** Envelopes (.p7m) around what was signed: 0 in the document itself, 1 in its content. */
  readonly depth: number;
  readonly signer: SignerName | null;
  readonly certificate: SignerCertificate | null;
  /** The signer's own word; for a timestamp, its authority's. */
  readonly signingTime: string | null;
  readonly integrity: Integrity;
  readonly chain: Chain;
  readonly coverage: Coverage;
  /** What an envelope holds: what was signed. */
  readonly content: { readonly mediaType: string; readonly size: number } | null;
  /** What else the signature carries and nobody looked into. */
  readonly notLookedInto: readonly ('timestamp' | 'countersignature')[];
}

export interface SignatureReport {
  /** By its bytes, not by its name. */
  readonly mediaType: string;
  /** A PDF that declares encryption. Signatures in it can be checked; its text cannot be read here. */
  readonly encrypted: boolean;
  /** Null if everything was looked at; otherwise why not: then there may be signatures that are not in the list. */
  readonly incomplete: { readonly code: ErrorCode; readonly why: string } | null;
  readonly signatures: readonly FoundSignature[];
}

/** True if nothing is to be objected: no signature, or every one of them valid and none followed by other bytes. */
export function isClean({ incomplete, signatures }: SignatureReport): boolean {
  return (
    incomplete === null &&
    signatures.every(
      ({ integrity, coverage }) =>
        integrity.status === 'valid' && coverage.status !== 'changed-after-signing',
    )
  );
}
