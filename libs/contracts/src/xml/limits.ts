import type { XmlKind } from './kinds.ts';

/** Largest event, in bytes: refused by length before a byte is parsed. */
export const MAX_EVENT_BYTES = 524_288;
/** Largest decision: 1,000 participants fit. */
const MAX_DECISION_BYTES = 393_216;
const MAX_RECEIPT_BYTES = 8_192;
const MAX_ACTION_BYTES = 32_768;
/** Largest registry entry: one record of a broker with default settings, room for its headers kept. */
const MAX_REGISTRY_ENTRY_BYTES = 1_040_384;
const MAX_HEARTBEAT_BYTES = 32_768;
const MAX_BATCH_BYTES = 32_768;
/** Largest signed item: a decision and its batch in base64, and the path. */
const MAX_SIGNED_ITEM_BYTES = 589_824;
/** Largest receipt of filing: it lists the form and as many documents as a manifest. */
const MAX_FILING_RECEIPT_BYTES = 10_485_760;
/** Largest manifest: all its documents, with the longest media types, and its signature. */
const MAX_MANIFEST_BYTES = 8_388_608;
const MAX_ROOT_ACCEPTANCE_BYTES = 32_768;
/** Largest snapshot: the forms of a region several times over. */
const MAX_SNAPSHOT_BYTES = 67_108_864;
const MAX_RECONCILIATION_BYTES = 32_768;
/** Largest certificate: two statements in base64. */
const MAX_RECONCILIATION_CERTIFICATE_BYTES = 98_304;
const MAX_STATE_DIGEST_BYTES = 8_192;

/** Documents that an event may name directly; more go through a signed manifest document. */
export const MAX_DOCUMENTS = 500;
/** Documents that a manifest may list. */
export const MAX_MANIFEST_DOCUMENTS = 20_000;
/** Routing facts that an event may carry. */
export const MAX_FACTS = 200;
/** Levels of nesting in a rule's condition. */
export const MAX_CONDITION_DEPTH = 16;
/** Largest file of a form's schema set once inflated, in bytes: a bound against deflate bombs. */
export const MAX_SCHEMA_FILE_BYTES = 8_388_608;

/** Bytes allowed per kind of document. */
export const MAX_BYTES: Readonly<Record<XmlKind, number>> = {
  event: MAX_EVENT_BYTES,
  decision: MAX_DECISION_BYTES,
  receipt: MAX_RECEIPT_BYTES,
  action: MAX_ACTION_BYTES,
  registry: MAX_REGISTRY_ENTRY_BYTES,
  heartbeat: MAX_HEARTBEAT_BYTES,
  batch: MAX_BATCH_BYTES,
  'signed-item': MAX_SIGNED_ITEM_BYTES,
  'filing-receipt': MAX_FILING_RECEIPT_BYTES,
  manifest: MAX_MANIFEST_BYTES,
  'root-acceptance': MAX_ROOT_ACCEPTANCE_BYTES,
  snapshot: MAX_SNAPSHOT_BYTES,
  reconciliation: MAX_RECONCILIATION_BYTES,
  'reconciliation-certificate': MAX_RECONCILIATION_CERTIFICATE_BYTES,
  'state-digest': MAX_STATE_DIGEST_BYTES,
};
