import { X509Certificate } from 'node:crypto';
import { isUnder, sha256Hex, type RevocationList, type TrustView } from '#evidence';
import { HubError } from '#errors';

/**
 * Trust with nothing but CAs and their revocation lists at hand: a certificate is taken for what its subject says if one
 * of the CAs issued it. The registry's own list is not here, so that what only it has revoked cannot be seen.
 * @param caPem one certificate or several, one after another
 * @throws HubError `CERTIFICATE_MALFORMED`
 */
export function certificateTrust(caPem: string, lists: readonly RevocationList[] = []): TrustView {
  const anchors = readAnchors(caPem);
  return {
    anchors,
    certificate: (_, { subject, x509 }) =>
      subject === undefined ? undefined : { ...subject, revokedFrom: revokedFrom(x509, anchors, lists) },
  };
}

/** The CAs of a PEM file. @throws HubError `CERTIFICATE_MALFORMED` */
export function readAnchors(caPem: string): readonly X509Certificate[] {
  const blocks = caPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((pem) => new X509Certificate(pem));
  } catch (cause) {
    throw new HubError('CERTIFICATE_MALFORMED', 'the CA is not a certificate in PEM', { cause });
  }
  throw new HubError('CERTIFICATE_MALFORMED', 'the file holds no certificate in PEM');
}

/** The lists that speak of a certificate: those of the CA that issued it. */
export function listsOf(
  certificate: X509Certificate,
  anchors: readonly X509Certificate[],
  lists: readonly RevocationList[],
): readonly RevocationList[] {
  const issuers = new Set(
    anchors.filter((anchor) => isUnder(certificate, anchor)).map(({ raw }) => sha256Hex(raw)),
  );
  return lists.filter(({ issuer }) => issuers.has(issuer));
}

/** The earliest time from which one of the lists revokes or suspends it. */
function revokedFrom(
  certificate: X509Certificate,
  anchors: readonly X509Certificate[],
  lists: readonly RevocationList[],
): string | null {
  const times = listsOf(certificate, anchors, lists).flatMap((list) => {
    const found = list.revocation(certificate.serialNumber);
    return found === undefined ? [] : [found.revokedFrom.toISOString()];
  });
  return times.sort()[0] ?? null;
}
