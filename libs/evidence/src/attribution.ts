/** Whose bytes these are, whatever else is wrong with them. */
import { BATCH_KINDS, type BatchKind } from '#contracts';
import { HubError } from '#errors';
import { readIntactItem, type PlacedItem } from './batch.ts';
import type { SigningCertificate } from './certificate.ts';
import { checkIntegrity } from './integrity.ts';
import { isIssuedBy, type TrustView } from './trust.ts';

/**
 * The holder whose key signed these bytes, or the batch that they are an item of. Validity, revocation, role and schema
 * are not asked: what a key of the network's once signed stays said, and a newer reader may understand what this one
 * does not. A certificate that one of the network's CAs has issued counts although the registry does not list it yet.
 *
 * @returns null for bytes that are nobody's: unsigned, altered, of a stranger's key
 */
export function attributedTo(bytes: Buffer, trust: TrustView): string | null {
  const certificate = signersCertificate(bytes);
  if (certificate === null) return null;
  const listed = trust.certificate(certificate.fingerprint, certificate)?.holder;
  if (listed !== undefined) return listed;
  const isOwn = trust.anchors.some((anchor) => isIssuedBy(certificate, anchor));
  return isOwn ? (certificate.subject?.holder ?? certificate.fingerprint) : null;
}

function signersCertificate(bytes: Buffer): SigningCertificate | null {
  const alone = unlessRefused(() => checkIntegrity(bytes, bytes.length));
  if (alone !== null) return alone.certificate;
  const placed = unlessRefused(() => readIntactItem(bytes));
  return placed !== null && BATCH_KINDS.some((kind) => isIn(placed, kind))
    ? placed.document.certificate
    : null;
}

function isIn({ requireIncluded }: PlacedItem, kind: BatchKind): boolean {
  return (
    unlessRefused(() => {
      requireIncluded(kind);
      return true;
    }) ?? false
  );
}

function unlessRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof HubError) return null;
    throw error;
  }
}
