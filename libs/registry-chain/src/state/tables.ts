import type {
  FormSchema,
  IpaCode,
  IstatCode,
  Procedure,
  PublicBody,
  RegisteredCertificate,
  RevocationReason,
  Sha256,
} from '#contracts';
import type { RevocationList } from '#evidence';
import type { Versioned, VersionedMap } from './versioned.ts';

/**
 * A certificate as it stands at some entry: as listed, and from when on it is revoked (null: it is not), by the registry
 * or by its issuer's list, whichever is earlier.
 */
export interface CertificateStanding extends RegisteredCertificate {
  readonly revokedFrom: string | null;
  /** As the registry gave it; null while not revoked, and where the issuer's list has revoked it. */
  readonly revocationReason: RevocationReason | null;
}

/** What an issuer's lists say of a certificate. Both null: nothing. */
export interface IssuersWord {
  /** Revoked: final, also when a later list leaves the entry out because the certificate has expired. */
  readonly revokedFrom: string | null;
  /** Suspended by the newest list. */
  readonly suspendedFrom: string | null;
}

/** An external issuer: DER in base64, and from when on nothing under it counts. */
export interface ExternalIssuer {
  readonly der: string;
  readonly withdrawnFrom: string | null;
}

/** What the network is called and the certificates (DER, base64) under which all others stand: its roots, old and new. */
export interface Foundation {
  readonly network: string;
  readonly anchors: readonly string[];
}

/** The tables of {@link RegistryState}, for reading at a version. Keys of bodies are lower-case IPA codes. */
export interface RegistryTables {
  readonly foundation: Versioned<Foundation>;
  readonly bodies: VersionedMap<string, PublicBody>;
  readonly municipalities: VersionedMap<IstatCode, string>;
  readonly borders: VersionedMap<IstatCode, readonly IstatCode[]>;
  readonly areas: VersionedMap<string, readonly IpaCode[]>;
  /** As the registry lists them: what issuers' lists say is apart. */
  readonly certificates: VersionedMap<Sha256, CertificateStanding>;
  readonly issuersWords: VersionedMap<Sha256, IssuersWord>;
  /** By the SHA-256 of the issuer's certificate. */
  readonly externalIssuers: VersionedMap<Sha256, ExternalIssuer>;
  /** The newest revocation list of each issuer. */
  readonly crls: VersionedMap<Sha256, RevocationList>;
  /** By `procedureKey(code, version)`. */
  readonly procedures: VersionedMap<string, Procedure>;
  /** Highest version of each code. */
  readonly latestProcedures: VersionedMap<string, Procedure>;
  /** The form published last, by `formKey(namespace, root)`, and every one by `formKey(namespace, root, version)`. */
  readonly latestForms: VersionedMap<string, FormSchema>;
  readonly forms: VersionedMap<string, FormSchema>;
}

export function procedureKey(code: string, version: number): string {
  return `${code}@${version}`;
}

/** A form's key: Clark notation, with the version when one is meant. */
export function formKey(namespace: string, root: string, version?: string): string {
  return version === undefined ? `{${namespace}}${root}` : `{${namespace}}${root}@${version}`;
}
