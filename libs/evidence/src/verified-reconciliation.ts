/** Reconciliation: one side's statement of what it holds, and the certificate that two statements make. */
import { parseValidated, sameIpa, serializeReconciliation, type Reconciliation } from '#contracts';
import { HubError } from '#errors';
import { signXml } from './sign.ts';
import type { Signer } from './signer.ts';
import { requireHolder, type TrustView } from './trust.ts';
import { verifyDocument, type SignedDocument } from './verify.ts';

export interface VerifiedReconciliation extends SignedDocument {
  readonly statement: Reconciliation;
}

/** Two statements that agree, each signed by the side that speaks. */
export interface VerifiedReconciliationCertificate {
  readonly statements: readonly [VerifiedReconciliation, VerifiedReconciliation];
}

/** The statement's signed bytes. @throws HubError of `serializeReconciliation` and `signXml` */
export function signReconciliation(statement: Reconciliation, signer: Signer, at: Date): Promise<Buffer> {
  return signXml(serializeReconciliation(statement), signer, at);
}

/**
 * Verifies a statement: signed by the authority that speaks in it.
 * @param at When it was first seen; for one read again later, the time noted then.
 * @throws HubError of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, `CERTIFICATE_NOT_OF_AUTHOR`, the XML codes of `#contracts`
 */
export function verifyReconciliation(bytes: Buffer, trust: TrustView, at: Date): VerifiedReconciliation {
  const { signed, document } = verifyDocument('reconciliation', bytes, trust, at, 'authority');
  requireHolder(signed.signer, document.by);
  return { ...signed, statement: document };
}

/**
 * Verifies a certificate of reconciliation, alone and offline: both sides have signed, and they agree.
 * @param at First proof that it existed, at which revocation is judged.
 * @throws HubError `RECONCILIATION_DISAGREES`, those of `verifyReconciliation`, the XML codes of `#contracts`
 */
export function verifyReconciliationCertificate(
  bytes: Buffer,
  trust: TrustView,
  at: Date,
): VerifiedReconciliationCertificate {
  const [first, second] = parseValidated('reconciliation-certificate', bytes).statements;
  const statements = [
    verifyReconciliation(first, trust, at),
    verifyReconciliation(second, trust, at),
  ] as const;
  const why = disagreement(statements[0].statement, statements[1].statement);
  if (why !== null) throw new HubError('RECONCILIATION_DISAGREES', why);
  return { statements };
}

/** Why two statements are not the two sides of one agreement; null if they are. */
export function disagreement(one: Reconciliation, other: Reconciliation): string | null {
  if (!sameIpa(one.by, other.with) || !sameIpa(one.with, other.by))
    return `${one.by} speaks of ${one.with}, ${other.by} of ${other.with}`;
  if (one.from !== other.from || one.to !== other.to)
    return `${one.from}–${one.to} is not ${other.from}–${other.to}`;
  for (const held of one.events) {
    const theirs = other.events.find(({ author }) => sameIpa(author, held.author));
    if (theirs?.count !== held.count)
      return `of ${held.author}, ${one.by} holds ${held.count} events and ${other.by} ${theirs?.count ?? 0}`;
    if (theirs.root !== held.root)
      return `of ${held.author}, ${one.by} and ${other.by} hold ${held.count} events that are not the same`;
  }
  return null;
}
