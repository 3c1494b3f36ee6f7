/** Documents that exist only as XML on the wire or in the archive: batches and their items, filing receipts, manifests,
 * statements of reconciliation. */
import type { Registration } from '../decision.ts';
import type { DocumentRef, DocumentRole, HubEvent, PracticeRef, Term } from '../event.ts';
import type { DocumentId, EventId, IpaCode, Sha256 } from '../ids.ts';

export const BATCH_KINDS = ['decision', 'receipt', 'action', 'state-digest'] as const;
export type BatchKind = (typeof BATCH_KINDS)[number];

/** `contracts/xsd/batch-1.xsd`: what a node signs once for many items. */
export interface BatchDocument {
  readonly version: string;
  /** UUID of the batch, lower case. */
  readonly id: string;
  readonly kind: BatchKind;
  /** The certificate holder that signs: a router's name or a member's IPA code. */
  readonly signer: string;
  readonly time: string;
  /** Number of items, from 1. */
  readonly size: number;
  /** Root of the RFC 6962 tree over the items' leaf hashes: 32 bytes, base64. */
  readonly root: string;
}

/** `contracts/xsd/signed-item-1.xsd`: an item with everything that proves it. Verifies alone, offline. */
export interface SignedItem {
  readonly version: string;
  /** Place of the item in its batch, from 0. */
  readonly index: number;
  /** Number of items in the batch. */
  readonly size: number;
  /** Inclusion path (RFC 6962, 2.1.1), 32 bytes each, from the leaf up. */
  readonly path: readonly Buffer[];
  /** The item's bytes: unsigned canonical XML of a decision, a receipt, an action or a state digest. */
  readonly item: Buffer;
  /** The signed batch's bytes. */
  readonly batch: Buffer;
}

/** A document as the receipt of filing lists it: with its plain digest too, since the receipt goes to the citizen. */
export interface FiledDocument {
  readonly id: DocumentId;
  readonly role: DocumentRole;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the bytes as the citizen has them. */
  readonly sha256: Sha256;
  /** SHA-256 over salt and bytes: what the event names. */
  readonly saltedDigest: Sha256;
}

/** `contracts/xsd/filing-receipt-1.xsd`: the receipt of filing (ricevuta, art. 18-bis L. 241/1990), signed by the owner. */
export interface FilingReceipt {
  readonly version: string;
  readonly practice: PracticeRef;
  /** The filing event. */
  readonly event: EventId;
  /** When the filing was taken in. */
  readonly time: string;
  /** Office of the owner that is responsible (unità organizzativa). */
  readonly office: string;
  readonly procedure: { readonly code: string; readonly version: number };
  /** Within which the administration must answer; counted from `time`. */
  readonly term: Term;
  /** Under which the owner registered the filing; null for an owner that registers elsewhere. */
  readonly protocol: Registration | null;
  readonly documents: readonly FiledDocument[];
}

/** What a manifest may list: the form is always named by the event itself, and a manifest lists no manifest. */
export const LISTED_ROLES = ['attachment', 'act', 'notification'] as const satisfies readonly DocumentRole[];

/** A document named by a manifest, as an event would name it. */
export type ListedDocument = DocumentRef & { readonly role: (typeof LISTED_ROLES)[number] };

/**
 * `contracts/xsd/manifest-1.xsd`: the documents of an event that has more than it may name directly. It is a document
 * itself, signed by the event's author and named by the event with the role `manifest`.
 */
export interface Manifest {
  readonly version: string;
  /** The one event that it belongs to. */
  readonly event: NonNullable<HubEvent['cause']>;
  readonly practice: Pick<PracticeRef, 'owner' | 'uuid'>;
  /** At least one. */
  readonly documents: readonly ListedDocument[];
}

/** The events of one author that somebody holds. */
export interface HeldEvents {
  readonly author: IpaCode;
  readonly count: number;
  /** Root of the tree over them: 32 bytes, base64. */
  readonly root: string;
}

/**
 * `contracts/xsd/reconciliation-1.xsd`: what one authority says that it holds of its exchange with another. Signed by the
 * one that speaks.
 */
export interface Reconciliation {
  readonly version: string;
  /** Who speaks. */
  readonly by: IpaCode;
  /** The body that it compares itself with. */
  readonly with: IpaCode;
  /** The events that a router placed from this time (UTC) on … */
  readonly from: string;
  /** … and before this one. */
  readonly to: string;
  /** When it looked. */
  readonly time: string;
  /** Of either body the events that both were told of, in the order of the codes without regard to letter case. */
  readonly events: readonly [HeldEvents, HeldEvents];
}

/** `contracts/xsd/reconciliation-certificate-1.xsd`: the signed statements of both sides. */
export interface ReconciliationCertificate {
  readonly version: string;
  readonly statements: readonly [Buffer, Buffer];
}

/**
 * `contracts/xsd/state-digest-1.xsd`: what a node holds of a practice after one of its positions. Batch-signed by the node
 * that speaks.
 */
export interface StateDigest {
  readonly version: string;
  /** Who speaks: IPA code of the authority. */
  readonly by: IpaCode;
  /** When it looked. */
  readonly time: string;
  readonly practice: Pick<PracticeRef, 'owner' | 'uuid'>;
  /** From 1: that of the last event in the state. */
  readonly position: number;
  /** Form of the state, `PRACTICE_STATE_FORMAT`. */
  readonly format: string;
  /** SHA-256 of the state. */
  readonly state: Sha256;
  /** See `eventsDigest`. */
  readonly events: Sha256;
}
