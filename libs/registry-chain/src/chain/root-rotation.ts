import { X509Certificate } from 'node:crypto';
import type { RegistryChange, RegistryEntry, RootAcceptance, Sha256 } from '#contracts';
import { HubError } from '#errors';
import { verifyRegistryEntry, verifyRootAcceptance, type SignerIdentity } from '#evidence';
import { refused, refusing } from './refusal.ts';
import { ANY_TIME, rootOfTrust, type RootOfTrust } from './root-of-trust.ts';

type Rotation = Extract<RegistryChange, { readonly kind: 'root.rotated' }>;
type RotationEntry = RegistryEntry & { readonly change: Rotation };

/** Where a chain stands when the entry comes that replaces its root. */
export interface RotationContext {
  readonly network: string;
  /** The root in force. */
  readonly root: RootOfTrust;
  /** Every root the chain has stood under, and every external issuer: none can be the next root. */
  readonly spent: ReadonlySet<Sha256>;
  /** Time of the entry before. */
  readonly lastTime: string;
}

export function isRotation(entry: RegistryEntry): entry is RotationEntry {
  return entry.change.kind === 'root.rotated';
}

/**
 * Checks what an entry that replaces the root carries beside its own signature, which is the registry's under the old
 * root: the new root itself, its name and key certified by the old root's own key, and an acceptance by a certificate of
 * the registry under the new one that names this place in this chain. Both roots have to will it: whoever has stolen the
 * registry's key cannot take the network over, and no authority is made a root against its will.
 * @throws HubError `REGISTRY_ENTRY_REFUSED`
 */
export function checkRotation(entry: RotationEntry, context: RotationContext): RootOfTrust {
  const { change, number } = entry;
  const root = refusing(() => newRoot(change));
  if (context.spent.has(root.fingerprint))
    throw refused(`entry ${number} rotates to ${root.fingerprint}, which is known already`);
  if (!isCertifiedBy(context.root, root, change, new Date(entry.time)))
    throw refused(`the root in force has not certified ${root.fingerprint}`);
  const { acceptance, signer } = refusing(() => acceptanceOf(change, root));
  const named = {
    network: context.network,
    number,
    previous: entry.previous,
    oldRoot: context.root.fingerprint,
    newRoot: root.fingerprint,
  };
  for (const field of Object.keys(named) as (keyof typeof named)[])
    if (acceptance[field] !== named[field])
      throw refused(`the acceptance names ${field} ${acceptance[field]}, not ${named[field] ?? 'none'}`);
  if (acceptance.time < context.lastTime || acceptance.time > entry.time)
    throw refused(`the acceptance is dated ${acceptance.time}, outside the time between two entries`);
  checkCertificate(change, signer);
  return root;
}

/** True if that root has accepted this place: then it vouches for everything before it. */
export function isAcceptedBy(entry: RotationEntry, root: RootOfTrust): boolean {
  try {
    if (newRoot(entry.change).fingerprint !== root.fingerprint) return false;
    const { acceptance } = acceptanceOf(entry.change, root);
    return acceptance.number === entry.number && acceptance.previous === entry.previous;
  } catch (error) {
    if (error instanceof HubError) return false;
    throw error;
  }
}

/**
 * The root under which a first entry stands by its own word: one of the anchors it names has issued the certificate of
 * the registry that signed it. Nobody has to believe that.
 */
export function foundingRoot(entry: RegistryEntry, bytes: Buffer): RootOfTrust | undefined {
  if (entry.change.kind !== 'network.founded') return undefined;
  for (const anchor of entry.change.anchors)
    try {
      const root = rootOf(anchor);
      verifyRegistryEntry(bytes, root.trust, new Date(entry.time));
      return root;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
    }
  return undefined;
}

/** The new root that a rotation names, from its DER. @throws HubError `CERTIFICATE_MALFORMED`, `TRUST_ANCHOR_WRONG` */
export function newRoot({ root }: Rotation): RootOfTrust {
  return rootOf(root);
}

/** RFC 4210 §4.4, NewWithOld: the new root's name and key, as a certificate by the old root, valid at the rotation. */
function isCertifiedBy(old: RootOfTrust, next: RootOfTrust, { newWithOld }: Rotation, at: Date): boolean {
  const [issuer] = old.trust.anchors;
  const [subject] = next.trust.anchors;
  if (issuer === undefined || subject === undefined) return false;
  const cross = refusing(() => readDer(newWithOld));
  return (
    cross.ca &&
    cross.subject === subject.subject &&
    cross.publicKey.equals(subject.publicKey) &&
    cross.checkIssued(issuer) &&
    cross.verify(issuer.publicKey) &&
    cross.validFromDate <= at &&
    at <= cross.validToDate
  );
}

/** @throws HubError `CERTIFICATE_MALFORMED`, `TRUST_ANCHOR_WRONG` */
export function rootOf(derBase64: string): RootOfTrust {
  const certificate = readDer(derBase64);
  return rootOfTrust(certificate.toString(), certificate.fingerprint256);
}

function readDer(derBase64: string): X509Certificate {
  const der = Buffer.from(derBase64, 'base64');
  try {
    const certificate = new X509Certificate(der);
    if (certificate.raw.equals(der)) return certificate;
  } catch (cause) {
    throw new HubError('CERTIFICATE_MALFORMED', 'the root is not a certificate in DER', { cause });
  }
  throw new HubError('CERTIFICATE_MALFORMED', 'bytes follow the root certificate');
}

function acceptanceOf(
  { acceptance: base64 }: Rotation,
  root: RootOfTrust,
): { readonly acceptance: RootAcceptance; readonly signer: SignerIdentity } {
  const bytes = Buffer.from(base64, 'base64');
  // Its validity is judged at SigningTime, which must be the time that it states.
  const { acceptance, signer, signingTime } = verifyRootAcceptance(bytes, root.trust, ANY_TIME);
  if (signingTime.toISOString() === acceptance.time) return { acceptance, signer };
  throw refused(`the acceptance is dated ${acceptance.time} and signed at ${signingTime.toISOString()}`);
}

/** The entry lists the very certificate that accepted: with it the registry signs from here on. */
function checkCertificate({ certificate }: Rotation, signer: SignerIdentity): void {
  const isSame =
    certificate.fingerprint === signer.fingerprint &&
    certificate.holder === signer.holder &&
    certificate.role === 'registry' &&
    certificate.purpose === 'signing' &&
    Buffer.from(certificate.der, 'base64').equals(signer.certificate.raw);
  if (!isSame) throw refused(`the entry lists ${certificate.fingerprint}, accepted by ${signer.fingerprint}`);
}
