import {
  MAX_BYTES,
  parseAction,
  parseDecision,
  parseEvent,
  parseReceipt,
  parseSignedItem,
  type Decision,
  type HubEvent,
  type OperatorAction,
  type Receipt,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import { sha256Hex, strictEngine, type SigningCertificate } from '#evidence';
import type { EvidenceKind } from './container-format.ts';

interface Signed {
  /** Its place in the container. */
  readonly file: string;
  /** Its leaf's. */
  readonly index: number;
  /** SHA-256 of the signed bytes as they travelled. */
  readonly sha256: Sha256;
  /** Of whoever signed, as the signature carries it. */
  readonly certificate: SigningCertificate;
  readonly signingTime: Date;
}

/** What an item travels with. */
interface Batched {
  /** The unsigned item, as a person reads it. */
  readonly item: Buffer;
  /** The signed batch, as other tools validate it, and its SHA-256. */
  readonly batch: Buffer;
  readonly batchDigest: Sha256;
}

/** A signed document of a practice, read. Who signed it is judged elsewhere. */
export type EvidenceDocument =
  | (Signed & { readonly kind: 'event'; readonly event: HubEvent })
  | (Signed & Batched & { readonly kind: 'decision'; readonly decision: Decision })
  | (Signed & Batched & { readonly kind: 'receipt'; readonly receipt: Receipt })
  | (Signed & Batched & { readonly kind: 'action'; readonly action: OperatorAction });

/**
 * Reads a document; its signature has to fit its bytes.
 * @throws HubError of `checkIntegrity`, `SIGNED_ITEM_MALFORMED`, the XML codes of `#contracts`
 */
export function readEvidenceDocument(
  kind: EvidenceKind,
  { file, index }: Pick<Signed, 'file' | 'index'>,
  bytes: Buffer,
): EvidenceDocument {
  const sha256 = sha256Hex(bytes);
  if (kind === 'event') {
    return { kind, file, index, sha256, ...signedBy(bytes, MAX_BYTES.event), event: parseEvent(bytes) };
  }
  const { item, batch } = parseSignedItem(bytes);
  const common = {
    ...{ file, index, sha256, item, batch, batchDigest: sha256Hex(batch) },
    ...signedBy(batch, MAX_BYTES.batch),
  };
  switch (kind) {
    case 'decision':
      return { kind, ...common, decision: parseDecision(item) };
    case 'receipt':
      return { kind, ...common, receipt: parseReceipt(item) };
    case 'action':
      return { kind, ...common, action: parseAction(item) };
  }
}

/** @throws HubError `SIGNING_TIME_INVALID` for a signature that does not say when, which our profile does not have */
function signedBy(bytes: Buffer, most: number): Pick<Signed, 'certificate' | 'signingTime'> {
  const { certificate, signingTime } = strictEngine.check(bytes, most);
  if (signingTime === null) throw new HubError('SIGNING_TIME_INVALID', 'the signature does not say when');
  return { certificate, signingTime };
}

/** The practice that a document is about; null if about none. */
export function practiceOf(
  document: EvidenceDocument,
): { readonly owner: string; readonly uuid: string } | null {
  switch (document.kind) {
    case 'event':
      return document.event.practice;
    case 'decision':
      return document.decision.practice;
    case 'receipt':
      return document.receipt.practice;
    case 'action':
      return document.action.practice;
  }
}
