import { X509Certificate } from 'node:crypto';
import type { TrustView } from '#evidence';
import { HubError } from '#errors';

/**
 * Trust with nothing but a CA at hand: a certificate is taken for what its subject says if the CA issued it. There is no
 * list, so that a revocation cannot be seen.
 * @throws HubError `CERTIFICATE_MALFORMED`
 */
export function certificateTrust(caPem: string): TrustView {
  return {
    anchors: [readCa(caPem)],
    certificate: (_, { subject }) => (subject === undefined ? undefined : { ...subject, revokedFrom: null }),
  };
}

function readCa(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new HubError('CERTIFICATE_MALFORMED', 'the CA is not a certificate in PEM', { cause });
  }
}
