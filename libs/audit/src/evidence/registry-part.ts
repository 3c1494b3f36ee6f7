/** Which entries of the registry a container carries: those that say what the certificates in it were worth, and when. */
import type { RegistryChange, Sha256 } from '#contracts';
import { readCertificate } from '#evidence';

/** What a container has to do with. */
export interface RegistryQuestion {
  /** Certificates that have signed something in it. */
  readonly certificates: ReadonlySet<Sha256>;
  /** IPA codes, lower case. */
  readonly bodies: ReadonlySet<string>;
  /** `<code>@<version>`. */
  readonly procedures: ReadonlySet<string>;
}

/**
 * Chooses among the entries of the chain, given in order, those that a container needs: the network's foundation and roots,
 * every issuer and revocation list, listings and revocations of the certificates in it and of the registry's own, the names of
 * bodies and procedures.
 */
export class RegistrySelection {
  readonly #question: RegistryQuestion;
  readonly #ofRegistry = new Set<Sha256>();

  constructor(question: RegistryQuestion) {
    this.#question = question;
  }

  takes(change: RegistryChange): boolean {
    const { certificates, bodies, procedures } = this.#question;
    switch (change.kind) {
      case 'root.rotated':
        this.#ofRegistry.add(change.certificate.fingerprint);
        return true;
      case 'network.founded':
      case 'anchor.published':
      case 'anchor.withdrawn':
      case 'crl.published':
        return true;
      case 'certificate.published': {
        const { role, fingerprint } = change.certificate;
        if (role === 'registry') this.#ofRegistry.add(fingerprint);
        return role === 'registry' || certificates.has(fingerprint);
      }
      case 'certificate.revoked':
        return certificates.has(change.fingerprint) || this.#ofRegistry.has(change.fingerprint);
      case 'body.published':
        return bodies.has(change.body.ipa.toLowerCase());
      case 'procedure.published':
        return procedures.has(`${change.procedure.code}@${change.procedure.version}`);
      case 'border.published':
      case 'area.published':
      case 'form.published':
        return false;
    }
  }
}

/** Certificates of issuers that an entry names, as DER: what other tools are given as trust anchors. */
export function issuersIn(change: RegistryChange): readonly Buffer[] {
  switch (change.kind) {
    case 'network.founded':
      return change.anchors.map((der) => Buffer.from(der, 'base64'));
    case 'root.rotated':
      return [Buffer.from(change.root, 'base64')];
    case 'anchor.published':
      return [Buffer.from(change.anchor, 'base64')];
    default:
      return [];
  }
}

/** PEM of a certificate, in lines of 64 (RFC 7468 §2). */
export function pemOf(der: Buffer): Buffer {
  const lines = der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n');
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
}

/** Whose certificate it is: as its subject says, or `emittente` for one that is not of the network's form. */
export function holderOf(der: Buffer): string {
  return readCertificate(der).subject?.holder ?? 'emittente';
}
