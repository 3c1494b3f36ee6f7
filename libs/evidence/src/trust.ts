/** Trust decisions "at a moment": who may have signed, judged by the claimed time and by the time of arrival. */
import { X509Certificate } from 'node:crypto';
import type { CertificatePurpose, CertificateRole, RevocationReason, Sha256 } from '#contracts';
import { HubError, type ErrorCode } from '#errors';
import { BoundedCache } from './bounded-cache.ts';
import type { SigningCertificate } from './certificate.ts';
import { sha256Hex } from './digest.ts';
import type { IntactDocument } from './integrity.ts';

/** How far SigningTime may run ahead of arrival, milliseconds: clocks differ, but not by more than this. */
export const SIGNING_TIME_TOLERANCE_MS = 15 * 60 * 1000;

/**
 * What a signer is refused for by the time of arrival alone: at another time the same bytes passed. Who has accepted them
 * then, byte for byte, goes on with that when they come again; what comes for the first time is refused.
 */
export const REFUSED_BY_TIME: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'KEY_REVOKED_BEFORE_ARRIVAL',
  'TRUST_ANCHOR_WITHDRAWN',
]);

/** How the registry lists a certificate. */
export interface CertificateListing {
  readonly holder: string;
  readonly role: CertificateRole;
  readonly purpose: CertificatePurpose;
  /** UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`; null while not revoked. */
  readonly revokedFrom: string | null;
  /** Absent or null while not revoked. */
  readonly revocationReason?: RevocationReason | null;
}

/**
 * At which moment a key that was superseded, and never in other hands, is judged. `at-arrival`, unless said otherwise:
 * like every revoked key. `at-signing`: for what has no proof but its reader's own clock (decisions, receipts), whose
 * reader may be days behind. A key in doubt is judged at arrival always.
 */
export interface JudgeOptions {
  readonly superseded?: 'at-arrival' | 'at-signing';
}

/** An issuer beside the network's own CAs, that of a qualified seal for example, as the registry has published it. */
export interface ExternalAnchor {
  readonly certificate: X509Certificate;
  /** From then on nothing under it is accepted: UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`; null while it counts. */
  readonly withdrawnFrom: string | null;
}

/** What verification needs to know of the network. The registry view implements it. */
export interface TrustView {
  /** The network's own CAs. */
  readonly anchors: readonly X509Certificate[];
  /**
   * Issuers of others; none when absent. A certificate under one is what its listing says, since its subject is of
   * another form, and is never more than an authority's.
   */
  readonly external?: readonly ExternalAnchor[];
  /**
   * The listing of a certificate by the SHA-256 of its DER, or undefined if there is none. `presented` is the
   * certificate itself, for a view that has no list yet.
   */
  certificate(fingerprint: Sha256, presented: SigningCertificate): CertificateListing | undefined;
}

/** Who signed, as far as the network vouches for it. */
export interface SignerIdentity {
  readonly holder: string;
  readonly role: CertificateRole;
  readonly fingerprint: Sha256;
  readonly certificate: X509Certificate;
}

/** Chain checks kept: each is a signature verification over a certificate, and certificates are few. */
const KEPT_CHAINS = 4_096;
const chains = new BoundedCache<boolean>(KEPT_CHAINS);

/**
 * Judges who signed. Validity is judged at SigningTime; revocation at `at`, the first proof that the document exists,
 * because whoever holds a stolen key can claim any time.
 *
 * @param at When the document arrived, or the time of an earlier proof that it existed.
 * @throws HubError `CERTIFICATE_NOT_YET_VALID`, `CERTIFICATE_EXPIRED`, `SIGNING_TIME_IN_FUTURE`,
 *   `CERTIFICATE_UNTRUSTED`, `TRUST_ANCHOR_WITHDRAWN`, `CERTIFICATE_KEY_UNSUITABLE`, `CERTIFICATE_UNKNOWN`, `KEY_REVOKED_BEFORE_ARRIVAL`, `CERTIFICATE_LISTING_DISAGREES`,
 *   `CERTIFICATE_ROLE_WRONG` for a certificate that is not for signing
 */
export function judgeSigner(
  document: Pick<IntactDocument, 'certificate' | 'signingTime'>,
  trust: TrustView,
  at: Date,
  { superseded = 'at-arrival' }: JudgeOptions = {},
): SignerIdentity {
  const { certificate, signingTime } = document;
  checkValidity(certificate, signingTime);
  if (signingTime.getTime() > at.getTime() + SIGNING_TIME_TOLERANCE_MS) {
    throw new HubError('SIGNING_TIME_IN_FUTURE', 'SigningTime is more than 15 minutes ahead of arrival');
  }
  const issuer = findIssuer(certificate, trust, signingTime, at);
  const listing = trust.certificate(certificate.fingerprint, certificate);
  if (listing === undefined) {
    throw new HubError('CERTIFICATE_UNKNOWN', `the registry does not list ${certificate.fingerprint}`);
  }
  const isRetired = superseded === 'at-signing' && listing.revocationReason === 'superseded';
  checkRevocation(listing, isRetired ? signingTime : at);
  if (issuer === 'own') checkOwnListing(certificate, listing);
  else checkExternalListing(listing);
  return {
    holder: listing.holder,
    role: listing.role,
    fingerprint: certificate.fingerprint,
    certificate: certificate.x509,
  };
}

/**
 * Refuses a signer without the role that this kind of document asks for.
 * @throws HubError `CERTIFICATE_ROLE_WRONG`
 */
export function requireRole(signer: SignerIdentity, role: CertificateRole): void {
  if (signer.role !== role) {
    throw new HubError('CERTIFICATE_ROLE_WRONG', `a ${role} has to sign this, not a ${signer.role}`);
  }
}

/**
 * Refuses a signer that is not the one the document names. IPA codes compare without regard to letter case.
 * @throws HubError `CERTIFICATE_NOT_OF_AUTHOR`
 */
export function requireHolder(signer: SignerIdentity, named: string): void {
  if (signer.holder.toLowerCase() !== named.toLowerCase()) {
    throw new HubError(
      'CERTIFICATE_NOT_OF_AUTHOR',
      `the document names ${named}, signed by ${signer.holder}`,
    );
  }
}

/**
 * Trust for reading the registry from its first entry, when nothing is listed yet: the one CA whose fingerprint is
 * configured, and of its certificates only those whose subject says registry and signing.
 *
 * @param caPem The CA certificate.
 * @param fingerprint SHA-256 of its DER, hexadecimal; colons and upper case are accepted.
 * @throws HubError `CERTIFICATE_MALFORMED`, `TRUST_ANCHOR_WRONG`
 */
export function rootTrust(caPem: string, fingerprint: string): TrustView {
  const anchor = readAnchor(caPem);
  const found = sha256Hex(anchor.raw);
  if (!anchor.ca || found !== fingerprint.replaceAll(':', '').toLowerCase()) {
    throw new HubError(
      'TRUST_ANCHOR_WRONG',
      `the CA's fingerprint is ${found}, configured is ${fingerprint}`,
    );
  }
  return {
    anchors: [anchor],
    certificate: (_, { subject }) =>
      subject?.role === 'registry' ? { ...subject, revokedFrom: null } : undefined,
  };
}

function readAnchor(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new HubError('CERTIFICATE_MALFORMED', 'the CA is not a certificate in PEM', { cause });
  }
}

function checkValidity({ notBefore, notAfter }: SigningCertificate, signingTime: Date): void {
  if (signingTime < notBefore) {
    throw new HubError('CERTIFICATE_NOT_YET_VALID', `valid from ${notBefore.toISOString()}`);
  }
  if (signingTime > notAfter) {
    throw new HubError('CERTIFICATE_EXPIRED', `valid until ${notAfter.toISOString()}`);
  }
}

/**
 * Every anchor issues directly: a chain is the certificate and its anchor, both valid at SigningTime. That an anchor was
 * withdrawn is judged as a revocation is: by the time of arrival.
 */
function findIssuer(
  certificate: SigningCertificate,
  { anchors, external = [] }: TrustView,
  signingTime: Date,
  at: Date,
): 'own' | 'external' {
  const isBehind = (anchor: X509Certificate): boolean =>
    anchor.validFromDate <= signingTime &&
    signingTime <= anchor.validToDate &&
    isIssuedBy(certificate, anchor);
  if (anchors.some(isBehind)) return 'own';
  const found = external.filter((anchor) => isBehind(anchor.certificate));
  if (found.length === 0)
    throw new HubError('CERTIFICATE_UNTRUSTED', 'no trust anchor has issued the certificate');
  if (found.some(({ withdrawnFrom }) => !hasBegun(withdrawnFrom, at))) return 'external';
  throw new HubError(
    'TRUST_ANCHOR_WITHDRAWN',
    `its issuer was withdrawn from ${found[0]?.withdrawnFrom ?? ''}`,
  );
}

/** True from that moment on. Anything but a time that is certainly later counts as begun. */
function hasBegun(from: string | null, at: Date): boolean {
  return from !== null && !(at.getTime() < Date.parse(from));
}

/** RFC 5280 §6.1: names chain, the issuer is a CA, its key verifies the certificate. For this room only. */
export function isIssuedBy({ x509, fingerprint }: SigningCertificate, anchor: X509Certificate): boolean {
  return chains.get(
    `${fingerprint}/${anchor.fingerprint256}`,
    () => anchor.ca && x509.checkIssued(anchor) && x509.verify(anchor.publicKey),
  );
}

function checkRevocation({ revokedFrom }: CertificateListing, at: Date): void {
  if (!hasBegun(revokedFrom, at)) return;
  throw new HubError('KEY_REVOKED_BEFORE_ARRIVAL', `the key is revoked from ${revokedFrom ?? ''}`);
}

/** A certificate of the network's own says in its subject what it is for, and the registry must say the same. */
function checkOwnListing({ subject, ownUsage }: SigningCertificate, listing: CertificateListing): void {
  if (
    subject?.holder !== listing.holder ||
    subject.role !== listing.role ||
    subject.purpose !== listing.purpose
  ) {
    throw new HubError(
      'CERTIFICATE_LISTING_DISAGREES',
      'subject and registry name another holder, role or purpose',
    );
  }
  if (!ownUsage) {
    throw new HubError('CERTIFICATE_KEY_UNSUITABLE', 'keyUsage lacks digitalSignature');
  }
  checkPurpose(listing);
}

/** What another issuer writes into a subject says nothing here. No listing makes such a certificate run the network. */
function checkExternalListing(listing: CertificateListing): void {
  if (listing.role !== 'authority') {
    throw new HubError(
      'CERTIFICATE_ROLE_WRONG',
      `a certificate of an external issuer cannot be that of a ${listing.role}`,
    );
  }
  checkPurpose(listing);
}

function checkPurpose({ purpose }: CertificateListing): void {
  if (purpose !== 'signing') {
    throw new HubError('CERTIFICATE_ROLE_WRONG', 'a transport certificate cannot sign documents');
  }
}
