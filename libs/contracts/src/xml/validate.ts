/** Validation of our own documents: bytes, well-formedness, XSD, then the object, in one parse. */
import { XmlValidateError, type XmlDocument } from 'libxml2-wasm';
import { HubError } from '#errors';
import type {
  Decision,
  Receipt,
  RegistryEntry,
  RegistryHeartbeat,
  RegistrySnapshot,
  RootAcceptance,
} from '../decision.ts';
import type { OperatorAction } from '../action.ts';
import type { HubEvent } from '../event.ts';
import { readAction } from './action.ts';
import { readBatch } from './batch.ts';
import { readDecision } from './decision.ts';
import type {
  BatchDocument,
  FilingReceipt,
  Manifest,
  Reconciliation,
  ReconciliationCertificate,
  SignedItem,
  StateDigest,
} from './documents.ts';
import { readEvent } from './event.ts';
import { readFilingReceipt } from './filing-receipt.ts';
import { readHeartbeat } from './heartbeat.ts';
import type { XmlKind } from './kinds.ts';
import { readManifest } from './manifest.ts';
import { readReceipt } from './receipt.ts';
import { readReconciliation, readReconciliationCertificate } from './reconciliation.ts';
import { readRegistryEntry } from './registry.ts';
import { readRootAcceptance } from './root-acceptance.ts';
import { guardBytes } from './guard.ts';
import { PlainXml, READ_PLAINLY, readPlain } from './plain.ts';
import { conforms } from './plain-schema.ts';
import { schemaOf } from './schemas.ts';
import { readSignedItem } from './signed-item.ts';
import { readSnapshot } from './snapshot.ts';
import { readStateDigest } from './state-digest.ts';
import { parseXml, readTree, walkRoot, type XmlTree } from './tree.ts';

/** What a document of each kind is as an object. */
export interface DocumentOf {
  event: HubEvent;
  decision: Decision;
  receipt: Receipt;
  action: OperatorAction;
  registry: RegistryEntry;
  heartbeat: RegistryHeartbeat;
  batch: BatchDocument;
  'signed-item': SignedItem;
  'filing-receipt': FilingReceipt;
  manifest: Manifest;
  'root-acceptance': RootAcceptance;
  snapshot: RegistrySnapshot;
  reconciliation: Reconciliation;
  'reconciliation-certificate': ReconciliationCertificate;
  'state-digest': StateDigest;
}

const READERS: { readonly [K in XmlKind]: (tree: XmlTree) => DocumentOf[K] } = {
  event: readEvent,
  decision: readDecision,
  receipt: readReceipt,
  action: readAction,
  registry: readRegistryEntry,
  heartbeat: readHeartbeat,
  batch: readBatch,
  'signed-item': readSignedItem,
  'filing-receipt': readFilingReceipt,
  manifest: readManifest,
  'root-acceptance': readRootAcceptance,
  snapshot: readSnapshot,
  reconciliation: readReconciliation,
  'reconciliation-certificate': readReconciliationCertificate,
  'state-digest': readStateDigest,
};

/**
 * Refuses what is not a document of `kind` by its XSD. A signature may be there or not: see `#evidence`.
 *
 * @throws HubError `EVENT_TOO_LARGE`, `XML_TOO_LARGE` by length, before anything is parsed; `XML_FORBIDDEN_CONSTRUCT`
 *   for a DOCTYPE, entity, comment, CDATA section, declaration or processing instruction, before anything expands;
 *   `XML_MALFORMED` with `{line, column, reason}`; `XSD_INVALID` with `{line, xpath, reason}`; `XML_UNEXPECTED`
 */
export function validateXml(kind: XmlKind, xml: Buffer): void {
  readTree(kind, xml, (document) => {
    checkSchema(kind, document);
  });
}

/**
 * `validateXml` and the document as an object, in the same parse.
 *
 * @throws HubError as `validateXml`, and `ID_MALFORMED`, `EVENT_OVER_BOUNDS`
 */
export function parseValidated<K extends XmlKind>(kind: K, xml: Buffer): DocumentOf[K] {
  guardBytes(kind, xml);
  const plain = READ_PLAINLY.has(kind) ? readPlain(xml) : undefined;
  if (plain !== undefined && isValid(kind, plain)) return READERS[kind](plain);
  const tree = readTree(kind, xml, (document) => {
    checkSchema(kind, document);
  });
  return READERS[kind](tree);
}

/**
 * `parseValidated` for a document that its caller has already guarded by bytes and parsed or read plainly, for a
 * signature say. The caller disposes of it.
 *
 * @throws HubError `XSD_INVALID` with `{line, xpath, reason}`, `XML_UNEXPECTED`, `ID_MALFORMED`, `EVENT_OVER_BOUNDS`
 */
export function validateParsed<K extends XmlKind>(kind: K, document: XmlDocument | PlainXml): DocumentOf[K] {
  if (!(document instanceof PlainXml)) {
    checkSchema(kind, document);
    return READERS[kind](walkRoot(kind, document.root));
  }
  if (isValid(kind, document.tree)) return READERS[kind](document.tree);
  const parsed = parseXml(kind, document.bytes);
  try {
    return validateParsed(kind, parsed);
  } finally {
    parsed.dispose();
  }
}

/** False for what the XSD refuses, and for what only libxml2 can tell: it has the last word. */
function isValid(kind: XmlKind, tree: XmlTree): boolean {
  const rules = READ_PLAINLY.has(kind) ? schemaOf(kind).rules() : undefined;
  return rules !== undefined && conforms(tree, rules);
}

function checkSchema(kind: XmlKind, document: XmlDocument): void {
  try {
    schemaOf(kind).validator.validate(document);
  } catch (cause) {
    if (!(cause instanceof XmlValidateError)) throw cause;
    const first = cause.details[0];
    const details = {
      line: first?.line ?? 1,
      xpath: first?.xpath ?? '/',
      reason: first?.message.trim() ?? '',
      faults: cause.details.length,
    };
    throw new HubError('XSD_INVALID', `the ${kind} breaks its XSD at ${details.xpath}: ${details.reason}`, {
      cause,
      details,
    });
  }
}
