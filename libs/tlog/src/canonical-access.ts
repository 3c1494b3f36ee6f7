/** What a node anchors in the log of its operators' reads. Neither a name nor a sentence stands in it. */
import { canonicalJson } from './canonical-json.ts';

/** Version of the shape. */
export const ACCESS_VERSION = 1;

/** One access, as the tree of its anchor has it. */
export interface CanonicalAccess {
  /** UUIDv7. */
  readonly id: string;
  /** The node at which it was read. */
  readonly node: string;
  /** When it was answered, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly time: string;
  readonly by: {
    /** `token`: a token of the node's. `operator`: a person whom the token's system has named. */
    readonly kind: string;
    /** HMAC-SHA256 under a key that only the node has, lower hex. */
    readonly reference: string;
  };
  /** `read`: this one. `day`: whatever a system read of this practice on the day (Europe/Rome) whose first read this was. */
  readonly per: 'read' | 'day';
  readonly what: {
    /** A word: `practice`, `document`, `quarantined`, … */
    readonly kind: string;
    readonly practice: { readonly owner: string; readonly uuid: string } | null;
    /** Of the event, document or entry; null where it is the practice as a whole. */
    readonly id: string | null;
  };
  /** SHA-256, lower hex, over a random salt of 32 bytes and the purpose's text, both kept by the node; null if none was given. */
  readonly purpose: string | null;
}

/** RFC 8785 canonical JSON: what is hashed as a leaf of the anchor's tree. Members that the type does not name are dropped. */
export function canonicalAccess({ id, node, time, by, per, what, purpose }: CanonicalAccess): Buffer {
  const { kind, practice } = what;
  return canonicalJson({
    version: ACCESS_VERSION,
    ...{ id, node, time, per, purpose },
    by: { kind: by.kind, reference: by.reference },
    what: { kind, practice: practice && { owner: practice.owner, uuid: practice.uuid }, id: what.id },
  });
}
