import { HubError } from '#errors';
import { readCrlOf, verifyReconciliationCertificate, type VerifiedReconciliation } from '#evidence';
import { certificateTrust, readAnchors } from '../audit/certificate-trust.ts';
import { usable, type Evidence } from '../audit/examine-file.ts';

/**
 * Verifies a certificate of reconciliation offline.
 * @returns both statements; or why it is not valid
 * @throws HubError `USAGE_INVALID` if CA or list cannot be used: then nothing is said about the certificate
 */
export function verifyCertificateFile(
  bytes: Buffer,
  { ca, crls, at }: Evidence,
): readonly VerifiedReconciliation[] | HubError {
  const anchors = usable('--trust', () => readAnchors(ca));
  const lists = crls.map(({ file, bytes: list }) => usable(`--crl ${file}`, () => readCrlOf(list, anchors)));
  try {
    return verifyReconciliationCertificate(bytes, certificateTrust(ca, lists), at).statements;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}
