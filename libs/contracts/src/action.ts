/** What an operator did at a node, as it is signed and logged. The format cannot change: docs/adr/0021. */
import type { CertificateRole } from './decision.ts';
import type { EventId, IpaCode, PracticeId, Sha256 } from './ids.ts';

/**
 * The actions that this version knows. The list grows, and a reader keeps an action of a kind that it does not know:
 * what was done was done, whoever can name it.
 */
export const ACTION_KINDS = [
  'quarantine.released',
  'quarantine.rerun-asked',
  'quarantine.rerun-ended',
  'quarantine.discarded',
  'quarantine.restored',
  'event.sent-again',
  'stream.rewound',
  'webhook.created',
  'webhook.changed',
  'webhook.paused',
  'webhook.resumed',
  'webhook.secret-rotated',
  'webhook.deleted',
  'witness.key-published',
  'witness.checkpoint-refused',
  'witness.finding-acknowledged',
  'log.witness-refused',
  'access.anchored',
] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** What a detail of an action may hold (`action-1.xsd`, Place). */
export const ACTION_PLACE = /^[A-Za-z0-9_.:/+-]{1,249}$/;

/** Who acted. */
export interface ActionActor {
  /** How `reference` was made: `token` for a token of the node's, `node` for the node itself. */
  readonly kind: string;
  /** HMAC-SHA256 under a key that only the node has: the same actor has the same reference, and no one else can tell who. */
  readonly reference: Sha256;
}

/** A record that was acted upon, by what identifies it everywhere. */
export interface ActionRecord {
  readonly topic: string;
  /** -1 for what did not come from a topic. */
  readonly partition: number;
  /** The record's place: an offset, or a name of the node's own. */
  readonly offset: string;
  /** SHA-256 of its bytes. */
  readonly digest: Sha256;
  /** The stable code that it was parked for. */
  readonly code: string;
}

/** `contracts/xsd/action-1.xsd`: an item of a batch that the acting node signs. */
export interface OperatorAction {
  readonly version: string;
  /** UUIDv7: with the node, the action's name in the log. */
  readonly id: EventId;
  /** One of `ACTION_KINDS`, or one that only a newer reader knows. */
  readonly kind: string;
  /** The certificate holder at whose node it was done, and its role. */
  readonly node: string;
  readonly role: CertificateRole;
  readonly time: string;
  /** A word: what came of it. */
  readonly outcome: string;
  /** At least one; two where two have to approve. */
  readonly actors: readonly ActionActor[];
  /** SHA-256 over a random 32-byte salt and the reason's text, both kept by the node; null where none is asked for. */
  readonly reason: Sha256 | null;
  readonly record: ActionRecord | null;
  /** The event that the action is about, as far as it is known: of a parked record, what the record claims to be. */
  readonly event: { readonly author: IpaCode; readonly id: EventId } | null;
  readonly practice: { readonly owner: IpaCode; readonly uuid: PracticeId } | null;
  /** Many things in one: how many, and the root of the RFC 6962 tree over them, 32 bytes in base64. */
  readonly set: { readonly size: number; readonly root: string } | null;
  /** What else there is to say, in words of lists; each name once. */
  readonly details: readonly { readonly name: string; readonly value: string }[];
}
