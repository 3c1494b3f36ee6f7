import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CertificateRole, RegisteredCertificate } from '#contracts';
import {
  crossCertify,
  issueAuthority,
  issueCertificate,
  type IssuedCertificate,
  type NetworkPki,
} from '#embedded';
import { pemSigner, type Signer } from '#evidence';
import { rootOfTrust, type RootOfTrust } from '#registry-chain';

/** The certificates of a test network: one authority, and a signing certificate for each holder. */
export interface TestPki {
  readonly root: RootOfTrust;
  /** The authority's certificate: DER, base64. */
  readonly anchor: string;
  readonly signers: Map<string, Signer>;
  /** A holder's next key, issued but not published. */
  renew(holder: string, validity: Validity): Promise<Signer>;
  /** An authority that takes the place of the present one, which from now on issues nothing more. */
  succeed(validity: Validity): Promise<Succession>;
}

/** What a rotation of the root names. */
interface Succession {
  /** The new root's certificate, and the word of the one before for its key: DER, base64. */
  readonly root: string;
  readonly newWithOld: string;
  /** The registry under the new root. */
  readonly registry: Signer;
}

export interface TestHolder {
  readonly holder: string;
  readonly role: CertificateRole;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Certificates by a new authority, for this network alone; nothing touches the disk. */
export async function issuePki(holders: readonly TestHolder[], validity: Validity): Promise<TestPki> {
  const authority = await issueAuthority(validity);
  const signers = await Promise.all(holders.map((holder) => issueSigner(authority, holder, validity)));
  return pkiOf(authority, signers);
}

/** The certificates of the network that `global-setup` has made: those that its broker lets in. */
export function readPki(files: NetworkPki): TestPki {
  const signers = Object.values(files.holders).map(({ signing }) =>
    pemSigner(readFileSync(signing.certFile, 'utf8'), readFileSync(signing.keyFile, 'utf8')),
  );
  const authority = {
    certificate: readFileSync(files.ca.certFile, 'utf8'),
    key: readFileSync(files.ca.keyFile, 'utf8'),
  };
  return pkiOf(authority, signers);
}

/** How the registry lists a signer's certificate. */
export function listingOf(signer: Signer): RegisteredCertificate {
  const { subject, fingerprint, x509, notBefore, notAfter } = signer.certificate;
  if (subject === undefined) throw new Error(`${signer.holder} has a certificate without a subject`);
  return {
    holder: subject.holder,
    role: subject.role,
    purpose: subject.purpose,
    fingerprint,
    der: x509.raw.toString('base64'),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
  };
}

async function issueSigner(
  authority: IssuedCertificate,
  { holder, role }: TestHolder,
  validity: Validity,
  generation = 1,
): Promise<Signer> {
  const subject = { holder, role, purpose: 'signing', generation } as const;
  const issued = await issueCertificate(authority, { subject, ...validity });
  return pemSigner(issued.certificate, issued.key);
}

function pkiOf(authority: IssuedCertificate, signers: readonly Signer[]): TestPki {
  const ca = new X509Certificate(authority.certificate);
  const known = new Map(signers.map((signer) => [signer.holder, signer]));
  let issuer = authority;
  return {
    root: rootOfTrust(authority.certificate, ca.fingerprint256),
    anchor: ca.raw.toString('base64'),
    signers: known,
    renew: async (holder, validity) => {
      const subject = known.get(holder)?.certificate.subject;
      if (subject === undefined) throw new Error(`the test network has no holder ${holder}`);
      return await issueSigner(issuer, subject, validity, subject.generation + 1);
    },
    succeed: async (validity) => {
      const next = await issueAuthority(validity);
      const newWithOld = derOf(await crossCertify(issuer, next.certificate, validity));
      issuer = next;
      const registry = await issueSigner(next, { holder: 'registry', role: 'registry' }, validity, 2);
      return { root: derOf(next.certificate), newWithOld, registry };
    },
  };
}

function derOf(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}
