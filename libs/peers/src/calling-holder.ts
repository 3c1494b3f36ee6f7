import type { X509Certificate } from 'node:crypto';

import { parseSha256, type CertificateRole, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import type { CertificateStanding } from '#registry-chain';

/** What is asked of the registry to know a caller. */
export interface CallerRegistry {
  certificate(
    fingerprint: Sha256,
  ): Pick<CertificateStanding, 'holder' | 'role' | 'purpose' | 'revokedFrom'> | undefined;
}

/**
 * Which node is calling: its certificate must be a current transport certificate in the registry, of the role named,
 * not merely one that the network's CA has signed.
 * @returns the certificate's holder: a member's IPA code or a service's name
 * @throws HubError `PEER_NOT_RECOGNISED`
 */
export function callingHolder(
  registry: CallerRegistry,
  certificate: X509Certificate,
  role: CertificateRole,
  now: Date,
): string {
  const fingerprint = parseSha256(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
  const listed = registry.certificate(fingerprint);
  const current =
    listed?.role === role &&
    listed.purpose === 'transport' &&
    (listed.revokedFrom === null || Date.parse(listed.revokedFrom) > now.getTime()) &&
    certificate.validFromDate <= now &&
    now <= certificate.validToDate;
  if (current) return listed.holder;
  throw new HubError(
    'PEER_NOT_RECOGNISED',
    `the registry lists no current transport certificate ${fingerprint} of role ${role}`,
  );
}
