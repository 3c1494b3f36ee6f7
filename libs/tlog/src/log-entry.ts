/** Leaves of the hub's log. Only identifiers and digests: an entry never names a person. */
import { HubError } from '#errors';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import { leafHash } from './hash.ts';

/** Largest entry, bytes: tlog-tiles prefixes entries with a 16-bit length. */
export const MAX_ENTRY_BYTES = 65_535;
/** Version of the entry's shape. */
export const ENTRY_VERSION = 1;

interface EntryFields {
  /**
   * IPA code of the event's author: (author, eventId) names the event. Of an action, the node at which it was done, with
   * the action's own id. Of a change of the registry, the holder of the key that signed it.
   */
  readonly author: string;
  readonly eventId: string;
  readonly practice: { readonly owner: string; readonly uuid: string };
  /** From 1; null while no decision has placed the event. */
  readonly position: number | null;
  /** The event's type; of a receipt, an action or a change of the registry, its kind. */
  readonly type: string;
  /** The document's own time, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly time: string;
  /** SHA-256, lower hex, of the signed bytes as they travel (the XML of an event or a change; of an item, its SignedItem). */
  readonly sha256: string;
}

export interface EventEntry extends EntryFields {
  readonly kind: 'event';
}

export interface DecisionEntry extends EntryFields {
  readonly kind: 'decision';
  /** The router that decided. */
  readonly by: string;
  readonly rules: readonly { readonly rule: string; readonly matched: boolean }[];
  readonly recipients: readonly {
    readonly ipa: string;
    readonly part: string;
    readonly rule: string;
    readonly joined: boolean;
  }[];
}

export interface ReceiptEntry extends EntryFields {
  readonly kind: 'receipt';
  /** IPA code of the participant that speaks. */
  readonly by: string;
}

export interface ActionEntry extends Omit<EntryFields, 'practice'> {
  readonly kind: 'action';
  /** Null for an action that is about none. */
  readonly practice: EntryFields['practice'] | null;
  readonly outcome: string;
}

/** A link of the registry's chain. It is about no practice; its position is its number, and `eventId` follows from it. */
export interface RegistryChangeEntry extends Omit<EntryFields, 'practice' | 'position'> {
  readonly kind: 'registry';
  readonly practice: null;
  /** From 1, without gaps. */
  readonly position: number;
}

/** The accesses of a while at one node, which signed their number and root: what was read, and by whom, stays there. */
export interface AccessEntry extends Omit<EntryFields, 'practice' | 'position'> {
  readonly kind: 'access';
  readonly practice: null;
  readonly position: null;
  /** RFC 6962 root over the canonical accesses, 32 bytes in base64, and how many there are. */
  readonly root: string;
  readonly size: number;
  /** When the first and the last of them was answered, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly from: string;
  readonly to: string;
}

export type LogEntry =
  EventEntry | DecisionEntry | ReceiptEntry | ActionEntry | RegistryChangeEntry | AccessEntry;

export interface LogLeaf {
  /** RFC 8785 canonical JSON, at most `MAX_ENTRY_BYTES`. */
  readonly bytes: Buffer;
  /** RFC 6962 leaf hash of `bytes`, made when it is asked for. */
  readonly hash: Buffer;
}

/**
 * The leaf of an entry. Members that the type does not name are dropped, so that nothing slips into the log.
 * @throws HubError `LOG_ENTRY_TOO_LARGE`, `CANONICAL_JSON_UNSUPPORTED`
 */
export function logEntry(entry: LogEntry): LogLeaf {
  const bytes = canonicalJson(members(entry));
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw new HubError(
      'LOG_ENTRY_TOO_LARGE',
      `a log entry has at most ${MAX_ENTRY_BYTES} bytes, this one ${bytes.length}`,
    );
  }
  return {
    bytes,
    get hash() {
      return leafHash(bytes);
    },
  };
}

function members(entry: LogEntry): JsonValue {
  const common = {
    version: ENTRY_VERSION,
    kind: entry.kind,
    author: entry.author,
    eventId: entry.eventId,
    practice: entry.practice && { owner: entry.practice.owner, uuid: entry.practice.uuid },
    position: entry.position,
    type: entry.type,
    time: entry.time,
    sha256: entry.sha256,
  };
  switch (entry.kind) {
    case 'event':
    case 'registry':
      return common;
    case 'receipt':
      return { ...common, by: entry.by };
    case 'action':
      return { ...common, outcome: entry.outcome };
    case 'access':
      return { ...common, root: entry.root, size: entry.size, from: entry.from, to: entry.to };
    case 'decision':
      return {
        ...common,
        by: entry.by,
        rules: entry.rules.map(({ rule, matched }) => ({ rule, matched })),
        recipients: entry.recipients.map(({ ipa, part, rule, joined }) => ({ ipa, part, rule, joined })),
      };
  }
}
