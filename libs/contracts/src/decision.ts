/** What the router, the receivers and the registry sign: decisions, receipts, registry entries. */
import type { EventType, PracticeRef, RegistryVersion } from './event.ts';
import type { EventId, IpaCode, IstatCode, Sha256 } from './ids.ts';
import type { Participant, Procedure, PublicBody, RuleEvaluation } from './procedure.ts';

/** `contracts/xsd/decision-1.xsd`: an event's place in its practice, for everyone the same. Batch-signed by a router. */
export interface Decision {
  readonly version: string;
  /** The router that decided, as in its certificate's CN. */
  readonly router: string;
  readonly time: string;
  readonly event: {
    readonly author: IpaCode;
    readonly id: EventId;
    readonly type: EventType;
    /** SHA-256 of the event's signed bytes. */
    readonly digest: Sha256;
    /** SHA-256 of the event's canonical SignedInfo. */
    readonly signedInfoDigest: Sha256;
  };
  readonly practice: PracticeRef;
  /** From 1, without gaps, per practice. */
  readonly position: number;
  /** The registry the router evaluated with: never older than the event's. */
  readonly registry: RegistryVersion;
  readonly procedure: { readonly code: string; readonly version: number };
  /** Everyone concerned, the owner first; those not joined are to be told by PEC. */
  readonly participants: readonly Participant[];
  /** Evaluated at the filing; empty for later acts, which follow the filing's participants. */
  readonly rules: readonly RuleEvaluation[];
}

export const RECEIPT_KINDS = [
  'received',
  'documents-complete',
  'held',
  'parked',
  'registered',
  'registration-refused',
  'registration-cancelled',
] as const;
export type ReceiptKind = (typeof RECEIPT_KINDS)[number];

/** Where a message stands in a body's protocol register (art. 53 DPR 445/2000): codes and a day, no text. */
export interface Registration {
  /** Code of the homogeneous organisational area (AOO) that keeps the register. */
  readonly aoo: string;
  readonly register: string;
  /** Seven digits or more, from 1 without gaps in each year. */
  readonly number: string;
  /** Day in Italy, `YYYY-MM-DD`; its year is the number's. */
  readonly date: string;
}

export const CANCELLATION_REASONS = [
  'registered-in-error',
  'registered-twice',
  'wrong-addressee',
  'content-replaced',
] as const;
export type CancellationReason = (typeof CANCELLATION_REASONS)[number];

/** Why a registration was cancelled, and by which act (art. 54 DPR 445/2000). */
export interface RegistrationCancellation {
  readonly reason: CancellationReason;
  /** Reference of the authorising act (provvedimento), e.g. `DET/2026/123`. */
  readonly act: string;
}

/** `contracts/xsd/receipt-1.xsd`: what a participant says it did with an event. Batch-signed by the participant. */
export interface Receipt {
  readonly version: string;
  readonly kind: ReceiptKind;
  /** The participant that speaks. */
  readonly by: IpaCode;
  readonly time: string;
  readonly event: { readonly author: IpaCode; readonly id: EventId; readonly digest: Sha256 };
  readonly practice: PracticeRef;
  readonly position: number;
  /** Stable code, for `held`, `parked` and `registration-refused` only. */
  readonly code: string | null;
  /** For `registered` and `registration-cancelled` only, and always there. */
  readonly registration: Registration | null;
  /** For `registration-cancelled` only, and always there. */
  readonly cancellation: RegistrationCancellation | null;
}

export const CERTIFICATE_ROLES = ['authority', 'router', 'registry', 'auditor'] as const;
export type CertificateRole = (typeof CERTIFICATE_ROLES)[number];
export const CERTIFICATE_PURPOSES = ['signing', 'transport'] as const;
export type CertificatePurpose = (typeof CERTIFICATE_PURPOSES)[number];
/** `superseded`: retired in favour of the holder's next key, and never in other hands. */
export const REVOCATION_REASONS = ['key-compromise', 'superseded', 'cessation'] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** A certificate as the registry lists it. `holder` is a member's IPA code or a service's name (`router-1`). */
export interface RegisteredCertificate {
  readonly holder: string;
  readonly role: CertificateRole;
  readonly purpose: CertificatePurpose;
  /** SHA-256 of the DER. */
  readonly fingerprint: Sha256;
  /** DER, base64. */
  readonly der: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

/** One file of a form's schema set, by its path inside the set; bytes are deflated (RFC 1950) and base64 in XML. */
export interface SchemaFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** A form's schema as published: the root element it defines and every file its XSD needs. */
export interface FormSchema {
  readonly namespace: string;
  readonly root: string;
  readonly version: string;
  /** Path, among `files`, of the XSD that declares the root element. */
  readonly entry: string;
  readonly files: readonly SchemaFile[];
}

export type RegistryChange =
  /** The first entry: who may sign the chain from here on. */
  | { readonly kind: 'network.founded'; readonly network: string; readonly anchors: readonly string[] }
  | { readonly kind: 'body.published'; readonly body: PublicBody }
  | { readonly kind: 'certificate.published'; readonly certificate: RegisteredCertificate }
  | {
      readonly kind: 'certificate.revoked';
      readonly fingerprint: Sha256;
      readonly revokedFrom: string;
      readonly reason: RevocationReason;
    }
  /** The root is replaced by another: signed under both, the entry by the old one, the acceptance by the new one. */
  | {
      readonly kind: 'root.rotated';
      /** The new root: DER, base64. */
      readonly root: string;
      /** A certificate of the new root's name and key by the root that was in force (RFC 4210 §4.4): DER, base64. */
      readonly newWithOld: string;
      /** The registry's certificate under the new root, listed by this entry: the one that signed the acceptance. */
      readonly certificate: RegisteredCertificate;
      /** The signed bytes of a `RootAcceptance`, base64. */
      readonly acceptance: string;
    }
  /** An issuer beside the network's own: a certificate under it counts for whom the registry lists it, and no more. */
  | { readonly kind: 'anchor.published'; readonly anchor: string }
  | { readonly kind: 'anchor.withdrawn'; readonly fingerprint: Sha256; readonly withdrawnFrom: string }
  /** What an issuer has revoked (RFC 5280 §5), by its certificate's SHA-256; the list as DER, base64. */
  | { readonly kind: 'crl.published'; readonly issuer: Sha256; readonly crl: string }
  | { readonly kind: 'border.published'; readonly between: readonly [IstatCode, IstatCode] }
  | { readonly kind: 'area.published'; readonly code: string; readonly bodies: readonly IpaCode[] }
  | { readonly kind: 'procedure.published'; readonly procedure: Procedure }
  | { readonly kind: 'form.published'; readonly form: FormSchema };

/** `contracts/xsd/registry-1.xsd`: one link of the chain on `registry.state`. Signed one by one by the registry. */
export interface RegistryEntry {
  readonly version: string;
  /** From 1, without gaps. */
  readonly number: number;
  /** SHA-256 of the previous entry's signed bytes; null for the first. */
  readonly previous: Sha256 | null;
  readonly time: string;
  readonly change: RegistryChange;
}

/** Signed once a minute: tells a quiet registry from a stale copy. Not part of the chain. */
export interface RegistryHeartbeat {
  readonly version: string;
  readonly time: string;
  readonly head: RegistryVersion;
}

/**
 * `contracts/xsd/root-acceptance-1.xsd`: the second signature of a `root.rotated` entry, by a certificate of the
 * registry under the new root. It names the one place in the one chain at which that root takes over.
 */
export interface RootAcceptance {
  readonly version: string;
  readonly network: string;
  /** Number of the entry that carries it. */
  readonly number: number;
  /** SHA-256 of that entry's predecessor: through it the new root vouches for everything before. */
  readonly previous: Sha256;
  /** SHA-256 of the DER of both roots. */
  readonly oldRoot: Sha256;
  readonly newRoot: Sha256;
  readonly time: string;
}

/**
 * `contracts/xsd/snapshot-1.xsd`: the registry after entry `head`, for a node that starts with nothing. It holds the
 * entries that still decide something, by their signed bytes; those that others have replaced are left out.
 */
export interface RegistrySnapshot {
  readonly version: string;
  readonly time: string;
  readonly head: RegistryVersion;
  /** Signed bytes of entries, in the order of their numbers. */
  readonly entries: readonly Buffer[];
}
