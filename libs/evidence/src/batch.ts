/** One signature for many items: the signed batch holds the Merkle root, each item travels with its path. */
import { createHash } from 'node:crypto';
import {
  DOCUMENT_VERSION,
  MAX_BYTES,
  parseSignedItem,
  serializeBatch,
  serializeSignedItem,
  validateParsed,
  type BatchDocument,
  type BatchKind,
  type CertificateRole,
  type Sha256,
  type SignedItem,
} from '#contracts';
import { HubError } from '#errors';
import { decodeStrictBase64, hashesOf, inclusionProof, leafHash, rootAt, verifyInclusion } from '#tlog';
import { BoundedCache } from './bounded-cache.ts';
import { cutItem } from './cut-item.ts';
import { sha256Hex } from './digest.ts';
import { readIntact, type IntactDocument } from './integrity.ts';
import { signXml } from './sign.ts';
import type { Signer } from './signer.ts';
import { requireHolder, requireRole, type SignerIdentity, type TrustView } from './trust.ts';
import { vouched } from './verify.ts';

/** Batches kept checked: each arrives once per item. */
const KEPT_BATCHES = 256;

interface IntactBatch {
  readonly document: IntactDocument;
  readonly batch: BatchDocument;
}

/** Keyed by the batch's own bytes and holding only what follows from them; trust is judged afresh for each item. */
const batches = new BoundedCache<IntactBatch>(KEPT_BATCHES);

export interface SignedBatch {
  /** The signed `Batch` document. */
  readonly batch: Buffer;
  /** A `SignedItem` for each item, in order: what travels. */
  readonly items: readonly Buffer[];
}

/** An item whose batch was signed by someone the network vouches for, and that is in that batch. */
export interface VerifiedItem {
  /** The `SignedItem` as given. */
  readonly bytes: Buffer;
  /** SHA-256 of `bytes`. */
  readonly digest: Sha256;
  /** The item itself: unsigned canonical XML. */
  readonly item: Buffer;
  /** SHA-256 of `item`. */
  readonly itemDigest: Sha256;
  /** SHA-256 of the signed batch. */
  readonly batchDigest: Sha256;
  readonly signingTime: Date;
  readonly signer: SignerIdentity;
}

export interface ExpectedItem {
  readonly kind: BatchKind;
  readonly role: CertificateRole;
}

/**
 * Signs items together. Leaves are RFC 6962 leaf hashes of the items' bytes.
 *
 * @param items Unsigned canonical documents of one kind, at least one.
 * @throws HubError `UNSIGNED_DOCUMENT_UNSUITABLE` for no items, and those of `signXml`
 */
export async function signBatch(
  kind: BatchKind,
  items: readonly Buffer[],
  signer: Signer,
  at: Date,
): Promise<SignedBatch> {
  const size = items.length;
  if (size === 0) throw new HubError('UNSIGNED_DOCUMENT_UNSUITABLE', 'a batch has at least one item');
  const hashAt = hashesOf(items.map((item) => leafHash(item)));
  const root = rootAt(size, hashAt).toString('base64');
  const time = at.toISOString();
  const unsigned = serializeBatch({
    version: DOCUMENT_VERSION,
    id: batchId(kind, root, time),
    kind,
    signer: signer.holder,
    time,
    size,
    root,
  });
  const batch = await signXml(unsigned, signer, at);
  return { batch, items: itemsOfBatch(batch, items, hashAt) };
}

/**
 * The items of a batch, each as it travels: with its place, its path and the signed batch.
 * @param hashAt hashes of the tree of the items, if they are known
 */
export function itemsOfBatch(
  batch: Buffer,
  items: readonly Buffer[],
  hashAt = hashesOf(items.map((item) => leafHash(item))),
): Buffer[] {
  const size = items.length;
  return items.map((item, index) =>
    serializeSignedItem({
      version: DOCUMENT_VERSION,
      index,
      size,
      path: inclusionProof(index, size, hashAt),
      item,
      batch,
    }),
  );
}

/** An item and its batch, both whole. Nothing is said yet about who signed the batch, nor that the item is in it. */
export interface IntactItem {
  /** The `SignedItem` as given. */
  readonly bytes: Buffer;
  readonly digest: Sha256;
  readonly item: Buffer;
  readonly itemDigest: Sha256;
  readonly batchDigest: Sha256;
  /** The signed batch. */
  readonly document: IntactDocument;
  /** Whom the batch names as its signer. */
  readonly batchSigner: string;
}

/** An `IntactItem` of which it can be asked whether it is in its batch. */
export interface PlacedItem extends IntactItem {
  /** @throws HubError `BATCH_KIND_WRONG`, `BATCH_ITEM_NOT_INCLUDED` */
  readonly requireIncluded: (kind: BatchKind) => void;
}

/**
 * Verifies a batch-signed item, alone and offline.
 *
 * @param at Time of arrival, at which revocation is judged; that of a key which was only superseded, at SigningTime.
 * @throws HubError `SIGNED_ITEM_MALFORMED`, `BATCH_KIND_WRONG`, `BATCH_ITEM_NOT_INCLUDED`, `CERTIFICATE_NOT_OF_AUTHOR`,
 *   `CERTIFICATE_ROLE_WRONG`, the XML codes of `#contracts`, and those of `verifySigned` for the batch
 */
export function verifySignedItem(
  bytes: Buffer,
  trust: TrustView,
  at: Date,
  expected: ExpectedItem,
): VerifiedItem {
  const placed = readIntactItem(bytes);
  const verified = concludeItem(placed, trust, at, expected.role);
  placed.requireIncluded(expected.kind);
  return verified;
}

/**
 * The part of `verifySignedItem` that depends on the bytes alone. For this room only.
 * @throws HubError `SIGNED_ITEM_MALFORMED`, those of `checkIntegrity` for the batch, the XML codes of `#contracts`
 */
export function readIntactItem(bytes: Buffer): PlacedItem {
  const signed = readItem(bytes);
  const batchDigest = sha256Hex(signed.batch);
  const { document, batch } = batches.get(batchDigest, () => readBatch(signed.batch));
  return {
    bytes,
    digest: sha256Hex(bytes),
    item: signed.item,
    itemDigest: sha256Hex(signed.item),
    batchDigest,
    document,
    batchSigner: batch.signer,
    requireIncluded: (kind) => {
      if (batch.kind !== kind) {
        throw new HubError('BATCH_KIND_WRONG', `expected a batch of kind ${kind}, got ${batch.kind}`);
      }
      checkIncluded(signed, batch);
    },
  };
}

/**
 * What `verifySignedItem` does once item and batch are known to be whole, up to the question whether one is in the
 * other. For this room only.
 * @param role null where the item itself says which role signs it
 */
export function concludeItem(
  { bytes, digest, item, itemDigest, batchDigest, document, batchSigner }: IntactItem,
  trust: TrustView,
  at: Date,
  role: CertificateRole | null,
): VerifiedItem {
  const { signer, signingTime } = vouched(document, trust, at, { superseded: 'at-signing' });
  if (role !== null) requireRole(signer, role);
  requireHolder(signer, batchSigner);
  return { bytes, digest, item, itemDigest, batchDigest, signingTime, signer };
}

/** Item and batch of a `SignedItem` that has passed `readIntactItem`: it has one spelling, so nothing has to be parsed. */
export function partsOfItem(bytes: Buffer): { readonly item: Buffer; readonly batch: Buffer } {
  const item = bytes.indexOf('<Item>') + '<Item>'.length;
  const itemEnd = bytes.indexOf('</Item>', item);
  const batch = itemEnd + '</Item><Batch>'.length;
  const decoded = (start: number, end: number): Buffer =>
    Buffer.from(bytes.toString('latin1', start, end), 'base64');
  return { item: decoded(item, itemEnd), batch: decoded(batch, bytes.indexOf('</Batch>', batch)) };
}

/** The wrapper is not signed itself, so it must have exactly one spelling: the one our serializer gives. */
function readItem(bytes: Buffer): SignedItem {
  const cut = cutItem(bytes);
  if (cut !== undefined) return cut;
  const signed = parseSignedItem(bytes);
  if (!serializeSignedItem(signed).equals(bytes)) {
    throw new HubError('SIGNED_ITEM_MALFORMED', 'the signed item is not written in its one canonical way');
  }
  return signed;
}

function readBatch(bytes: Buffer): IntactBatch {
  // The item's buffer may be a slice of a large record: keep only the batch alive.
  const own = Buffer.from(bytes);
  return readIntact(own, MAX_BYTES.batch, (document, parsed) => ({
    document,
    batch: validateParsed('batch', parsed),
  }));
}

function checkIncluded(signed: SignedItem, batch: BatchDocument): void {
  if (signed.size !== batch.size) {
    throw new HubError('BATCH_ITEM_NOT_INCLUDED', `the batch has ${batch.size} items, not ${signed.size}`);
  }
  try {
    const root = decodeStrictBase64(batch.root, 'the batch root');
    verifyInclusion(leafHash(signed.item), signed.index, signed.size, signed.path, root);
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    throw new HubError('BATCH_ITEM_NOT_INCLUDED', `the path does not lead to the batch: ${cause.message}`, {
      cause,
    });
  }
}

/** A UUIDv8 (RFC 9562 §5.8) of what the batch is, so that no source of randomness is needed. */
function batchId(kind: BatchKind, root: string, time: string): string {
  const hex = createHash('sha256').update(`${kind}\n${root}\n${time}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
