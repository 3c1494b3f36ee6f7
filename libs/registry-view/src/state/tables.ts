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
import type { Versioned, VersionedMap } from './versioned.ts';

/** A certificate as it stands at some entry: as listed, and from when on it is revoked (null: it is not). */
export interface CertificateStanding extends RegisteredCertificate {
  readonly revokedFrom: string | null;
  readonly revocationReason: RevocationReason | null;
}

/** What the network is called and the certificates (DER, base64) under which all others stand. */
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
  readonly certificates: VersionedMap<Sha256, CertificateStanding>;
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
