/** The event as an object: what its XML (`contracts/xsd/event-1.xsd`) says, parsed for reading. */
import type { Cui, DocumentId, EventId, IpaCode, IstatCode, PracticeId, Sha256 } from './ids.ts';

/** Event types, past tense. The order is that of the life cycle, for people. */
export const EVENT_TYPES = [
  'practice.filed',
  'correction.requested',
  'correction.provided',
  'integration.requested',
  'integration.provided',
  'conclusion.issued',
  'proceeding.ended',
  'filing.withdrawn',
  'external.notified',
  'event.voided',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** A public body's identity in a practice: what role it plays there. */
export const PARTS = ['owner', 'deciding', 'opinion', 'informed'] as const;
export type Part = (typeof PARTS)[number];

/** A practice is identified by (owner, uuid) everywhere; the CUI is its name for people. */
export interface PracticeRef {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly cui: Cui;
}

/** A state of the registry: the number of its last entry and that entry's digest (SHA-256 of its signed bytes). */
export interface RegistryVersion {
  readonly number: number;
  readonly digest: Sha256;
}

/** A routing fact: no free text, only what the procedure declares. `value` is a string in every kind. */
export interface Fact {
  readonly name: string;
  readonly kind: FactKind;
  readonly value: string;
}
export const FACT_KINDS = ['boolean', 'code', 'istat', 'band'] as const;
export type FactKind = (typeof FACT_KINDS)[number];

export const DOCUMENT_ROLES = [
  'form',
  'attachment',
  'act',
  'manifest',
  'notification',
  /** The segnatura di protocollo of the event (AgID, Allegato 6): one an event, named by the event itself. */
  'segnatura',
] as const;
export type DocumentRole = (typeof DOCUMENT_ROLES)[number];

/** How an event names a document: enough to fetch and check it, nothing that describes a person. */
export interface DocumentRef {
  readonly id: DocumentId;
  readonly role: DocumentRole;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 over the document's random 32-byte salt followed by its bytes. */
  readonly saltedDigest: Sha256;
}

export const CONCLUSION_OUTCOMES = [
  'favourable',
  'favourable-with-conditions',
  'unfavourable',
  'suspension-requested',
  'conformation-requested',
] as const;
export type ConclusionOutcome = (typeof CONCLUSION_OUTCOMES)[number];

export const PROCEEDING_OUTCOMES = [
  'positive',
  'negative',
  'refused',
  'suspension',
  'proceeding-time-expired',
  'integration-time-expired',
  'withdrawn',
] as const;
export type ProceedingOutcome = (typeof PROCEEDING_OUTCOMES)[number];

export const VOID_REASONS = ['parked', 'issued-in-error'] as const;
export type VoidReason = (typeof VOID_REASONS)[number];

/** The type-specific part of an event. Text of acts is a document, so bodies hold codes and ids only. */
export type EventBody =
  | {
      readonly type: 'practice.filed';
      /** The form filed: its root element's namespace and local name, schema version, and the document that holds it. */
      readonly form: {
        readonly namespace: string;
        readonly root: string;
        readonly version: string;
        readonly document: DocumentId;
      };
    }
  | { readonly type: 'correction.requested'; /** Days to answer. */ readonly term: Term }
  | { readonly type: 'correction.provided' }
  | { readonly type: 'integration.requested'; readonly term: Term }
  | { readonly type: 'integration.provided' }
  | { readonly type: 'conclusion.issued'; readonly outcome: ConclusionOutcome }
  | { readonly type: 'proceeding.ended'; readonly outcome: ProceedingOutcome }
  | { readonly type: 'filing.withdrawn' }
  | {
      readonly type: 'external.notified';
      /** The external body that was told, and when the PEC was accepted. */
      readonly recipient: IpaCode;
      readonly channel: 'pec';
      readonly at: string;
    }
  | {
      readonly type: 'event.voided';
      /** The author's own event that can never pass: its id, sequence number and SHA-256 of its bytes. */
      readonly event: EventId;
      readonly number: number;
      readonly digest: Sha256;
      readonly reason: VoidReason;
    };

/** A term as data of the procedure: never a constant in code. */
export interface Term {
  readonly days: number;
  readonly kind: 'calendar' | 'working';
}

export interface HubEvent {
  readonly id: EventId;
  /**
   * The author's own event of this practice that this one replaces: it was parked, or never arrived, and was never
   * placed. The replacement has its number and its predecessor. Null for an event that replaces none.
   */
  readonly replaces: EventId | null;
  readonly type: EventType;
  /** Version of the event's schema, `<major>.<minor>`. */
  readonly version: string;
  /** UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly time: string;
  readonly author: { readonly ipa: IpaCode; readonly office: string };
  readonly practice: PracticeRef;
  /** The author's own numbering within the practice, from 1, chained by digest (null for the first). */
  readonly sequence: { readonly number: number; readonly previous: Sha256 | null };
  /** The event this one answers, if any. */
  readonly cause: { readonly author: IpaCode; readonly event: EventId } | null;
  readonly registry: RegistryVersion;
  readonly procedure: { readonly code: string; readonly version: number };
  /** ISTAT code of the municipality the matter is about. */
  readonly territory: IstatCode;
  readonly facts: readonly Fact[];
  readonly body: EventBody;
  readonly documents: readonly DocumentRef[];
}
