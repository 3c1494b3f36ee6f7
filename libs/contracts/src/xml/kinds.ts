/** Every kind of document of ours, by the name its schema goes by, and the local name of its root element. */
export const XML_ROOTS = {
  event: 'Event',
  decision: 'Decision',
  receipt: 'Receipt',
  action: 'Action',
  registry: 'RegistryEntry',
  heartbeat: 'Heartbeat',
  batch: 'Batch',
  'signed-item': 'SignedItem',
  'filing-receipt': 'FilingReceipt',
  manifest: 'Manifest',
  'root-acceptance': 'RootAcceptance',
  snapshot: 'RegistrySnapshot',
  reconciliation: 'Reconciliation',
  'reconciliation-certificate': 'ReconciliationCertificate',
  'state-digest': 'StateDigest',
} as const;
export type XmlKind = keyof typeof XML_ROOTS;

/** Namespace of a kind's root element and of all that is inside it, event bodies and signatures apart. */
export function namespaceOf(kind: XmlKind): string {
  return `urn:reset-hub:${kind}:1`;
}

/** Namespace of event bodies: an element per event type. */
export const BODY_NAMESPACE = 'urn:reset-hub:body:1';
/** Namespace of the one foreign element a document of ours may end with: the enveloped signature (XMLDSig 1.1). */
export const SIGNATURE_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#';
/** Version that documents written by this code carry, `<major>.<minor>`. */
export const DOCUMENT_VERSION = '1.0';
