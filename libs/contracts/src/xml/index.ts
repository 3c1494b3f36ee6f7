export { parseAction, serializeAction } from './action.ts';
export { parseBatch, serializeBatch } from './batch.ts';
export { serializeBody } from './body.ts';
export { parseDecision, serializeDecision } from './decision.ts';
export * from './documents.ts';
export { parseEvent, serializeEvent } from './event.ts';
export { parseFilingReceipt, serializeFilingReceipt } from './filing-receipt.ts';
export { parseHeartbeat, serializeHeartbeat } from './heartbeat.ts';
export * from './kinds.ts';
export { MAX_BYTES, MAX_DOCUMENTS, MAX_EVENT_BYTES, MAX_FACTS, MAX_MANIFEST_DOCUMENTS } from './limits.ts';
export { parseManifest, serializeManifest } from './manifest.ts';
export { PlainXml } from './plain.ts';
export { parseReceipt, serializeReceipt } from './receipt.ts';
export {
  parseReconciliation,
  parseReconciliationCertificate,
  serializeReconciliation,
  serializeReconciliationCertificate,
} from './reconciliation.ts';
export { parseRegistryEntry, serializeRegistryEntry } from './registry.ts';
export { parseRootAcceptance, serializeRootAcceptance } from './root-acceptance.ts';
export { parseSignedItem, serializeSignedItem } from './signed-item.ts';
export { parseSnapshot, serializeSnapshot } from './snapshot.ts';
export { parseStateDigest, serializeStateDigest } from './state-digest.ts';
export { attribute as xmlAttribute, element as xmlElement, text as xmlText } from './write.ts';
export { parseValidated, validateParsed, validateXml, type DocumentOf } from './validate.ts';
