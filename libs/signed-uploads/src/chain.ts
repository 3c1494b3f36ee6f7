/** Chains of certificates, from a signer's to a configured anchor. No revocation is looked at. */
import { X509Certificate } from 'node:crypto';
import { HubError, type ErrorCode } from '#errors';
import type { ReadCertificate } from './certificate.ts';
import type { Chain } from './report.ts';

/** Certificates between a signer's and an anchor. Real chains have one, at most two. */
const MAX_INTERMEDIATES = 4;
/** Certificate signatures verified for one chain: bounds what a made-up bundle can cost. */
const MAX_VERIFICATIONS = 100;

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/**
 * The CA certificates in a PEM file, one or more.
 * @param name of the file, for the message
 * @throws HubError `TRUST_ANCHOR_UNREADABLE` if there is none, or one that is no CA's
 */
export function readTrustAnchors(pem: string, name: string): X509Certificate[] {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  const anchors = blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new HubError('TRUST_ANCHOR_UNREADABLE', `${name} holds a certificate that cannot be read`, {
        cause,
      });
    }
  });
  if (anchors.length === 0)
    throw new HubError('TRUST_ANCHOR_UNREADABLE', `${name} holds no certificate in PEM`);
  if (anchors.every(({ ca }) => ca)) return anchors;
  throw new HubError('TRUST_ANCHOR_UNREADABLE', `${name} holds a certificate that is not a CA's`);
}

export interface ChainContext {
  readonly anchors: readonly X509Certificate[];
  /** The time of the check, for signatures that claim none. */
  readonly now: Date;
}

/**
 * Judges a signer's certificate at the time that the signature claims.
 * @param carried the other certificates that came with the signature
 */
export function judgeChain(
  { x509, keyUsage }: ReadCertificate,
  carried: readonly ReadCertificate[],
  signingTime: Date | null,
  { anchors, now }: ChainContext,
): Chain {
  const at = signingTime ?? now;
  const moment = signingTime === null ? 'at the time of the check (none is claimed)' : 'at the claimed time';
  if (at < x509.validFromDate) {
    return objection('CERTIFICATE_NOT_YET_VALID', `the certificate was not yet valid ${moment}`);
  }
  if (at > x509.validToDate) {
    return objection('CERTIFICATE_EXPIRED', `the certificate had expired ${moment}`);
  }
  if (keyUsage.length > 0 && !keyUsage.includes('digitalSignature') && !keyUsage.includes('nonRepudiation')) {
    return objection('CERTIFICATE_KEY_UNSUITABLE', 'the certificate is not for signing');
  }
  if (anchors.length === 0) {
    return objection('UPLOAD_TRUST_LIST_ABSENT', 'no trust list configured');
  }
  const others = carried.filter((other) => other.x509.ca).map((other) => other.x509);
  const search = new PathSearch(anchors, others, at);
  if (search.reachesAnchor(x509, [])) return { status: 'anchored', code: null, why: null };
  if (search.exhausted) return objection('UPLOAD_CHECK_LIMIT', 'its certificates form too many paths');
  return objection('CERTIFICATE_UNTRUSTED', 'no configured authority has issued the certificate');
}

function objection(code: ErrorCode, why: string): Chain {
  return { status: 'not-anchored', code, why };
}

/** RFC 5280 §6.1 as far as it goes here: names chain, issuers are CAs, valid at the time, signatures verify. */
class PathSearch {
  #left = MAX_VERIFICATIONS;

  get exhausted(): boolean {
    return this.#left < 0;
  }

  constructor(
    private readonly anchors: readonly X509Certificate[],
    private readonly others: readonly X509Certificate[],
    private readonly at: Date,
  ) {}

  reachesAnchor(certificate: X509Certificate, path: readonly X509Certificate[]): boolean {
    if (this.anchors.some((anchor) => this.#issued(anchor, certificate))) return true;
    if (path.length === MAX_INTERMEDIATES) return false;
    return this.others.some(
      (issuer) =>
        !path.includes(issuer) &&
        this.#issued(issuer, certificate) &&
        this.reachesAnchor(issuer, [...path, issuer]),
    );
  }

  #issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
    if (!issuer.ca || issuer.validFromDate > this.at || issuer.validToDate < this.at) return false;
    if (!certificate.checkIssued(issuer)) return false;
    this.#left -= 1;
    return this.#left >= 0 && certificate.verify(issuer.publicKey);
  }
}
