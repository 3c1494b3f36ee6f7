/** Documents signed one by one, events apart: registry entries, heartbeats, receipts of filing, manifests. */
import {
  serializeFilingReceipt,
  serializeHeartbeat,
  serializeManifest,
  serializeRegistryEntry,
  serializeRootAcceptance,
  serializeSnapshot,
  type FilingReceipt,
  type HubEvent,
  type Manifest,
  type RegistryEntry,
  type RegistryHeartbeat,
  type RegistrySnapshot,
  type RootAcceptance,
} from '#contracts';
import { HubError } from '#errors';
import { signXml } from './sign.ts';
import type { Signer } from './signer.ts';
import { requireHolder, type TrustView } from './trust.ts';
import { verifyDocument, type SignedDocument } from './verify.ts';

export interface VerifiedRegistryEntry extends SignedDocument {
  readonly entry: RegistryEntry;
}

export interface VerifiedHeartbeat extends SignedDocument {
  readonly heartbeat: RegistryHeartbeat;
}

export interface VerifiedRootAcceptance extends SignedDocument {
  readonly acceptance: RootAcceptance;
}

export interface VerifiedSnapshot extends SignedDocument {
  readonly snapshot: RegistrySnapshot;
}

export interface VerifiedManifest extends SignedDocument {
  readonly manifest: Manifest;
}

export interface VerifiedFilingReceipt extends SignedDocument {
  readonly receipt: FilingReceipt;
}

/**
 * Verifies one link of the registry's chain: signed by a registry. Number and predecessor are the reader's to check.
 * @param at When the entry was first seen; for entries read again later, the time noted then.
 * @throws HubError of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, the XML codes of `#contracts`
 */
export function verifyRegistryEntry(bytes: Buffer, trust: TrustView, at: Date): VerifiedRegistryEntry {
  const { signed, document } = verifyDocument('registry', bytes, trust, at, 'registry');
  return { ...signed, entry: document };
}

/**
 * Verifies a heartbeat: signed by a registry.
 * @throws HubError of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, the XML codes of `#contracts`
 */
export function verifyHeartbeat(bytes: Buffer, trust: TrustView, at: Date): VerifiedHeartbeat {
  const { signed, document } = verifyDocument('heartbeat', bytes, trust, at, 'registry');
  return { ...signed, heartbeat: document };
}

/**
 * Verifies the new root's half of a rotation: signed by a registry under `trust`, the new root's. What it names is the
 * reader's to check.
 * @throws HubError of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, the XML codes of `#contracts`
 */
export function verifyRootAcceptance(bytes: Buffer, trust: TrustView, at: Date): VerifiedRootAcceptance {
  const { signed, document } = verifyDocument('root-acceptance', bytes, trust, at, 'registry');
  return { ...signed, acceptance: document };
}

/**
 * Verifies a snapshot of the registry: signed by a registry. Its entries are the reader's to check.
 * @throws HubError of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, the XML codes of `#contracts`
 */
export function verifySnapshot(bytes: Buffer, trust: TrustView, at: Date): VerifiedSnapshot {
  const { signed, document } = verifyDocument('snapshot', bytes, trust, at, 'registry');
  return { ...signed, snapshot: document };
}

/**
 * Verifies a receipt of filing: signed by the authority that owns the practice.
 * @throws HubError of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, `CERTIFICATE_NOT_OF_AUTHOR`, the XML codes of `#contracts`
 */
export function verifyFilingReceipt(bytes: Buffer, trust: TrustView, at: Date): VerifiedFilingReceipt {
  const { signed, document } = verifyDocument('filing-receipt', bytes, trust, at, 'authority');
  requireHolder(signed.signer, document.practice.owner);
  return { ...signed, receipt: document };
}

/**
 * Verifies the manifest of an event's documents: signed by the event's author, for this event and its practice.
 * @param at First proof that it existed: the time of the decision on the event, which names its salted digest.
 * @throws HubError of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, `CERTIFICATE_NOT_OF_AUTHOR`, `MANIFEST_OF_ANOTHER_EVENT`,
 *   the XML codes of `#contracts`
 */
export function verifyManifest(
  bytes: Buffer,
  trust: TrustView,
  at: Date,
  event: Pick<HubEvent, 'id' | 'author' | 'practice'>,
): VerifiedManifest {
  const { signed, document } = verifyDocument('manifest', bytes, trust, at, 'authority');
  requireHolder(signed.signer, event.author.ipa);
  const { practice, event: named } = document;
  const belongs =
    named.event === event.id &&
    named.author === event.author.ipa &&
    practice.uuid === event.practice.uuid &&
    practice.owner === event.practice.owner;
  if (belongs) return { ...signed, manifest: document };
  throw new HubError(
    'MANIFEST_OF_ANOTHER_EVENT',
    `the manifest is of event ${named.author}/${named.event} of ${practice.owner}/${practice.uuid}`,
  );
}

/** The entry's signed bytes. @throws HubError of `serializeRegistryEntry` and `signXml` */
export function signRegistryEntry(entry: RegistryEntry, signer: Signer, at: Date): Promise<Buffer> {
  return signXml(serializeRegistryEntry(entry), signer, at);
}

/** The heartbeat's signed bytes. @throws HubError of `serializeHeartbeat` and `signXml` */
export function signHeartbeat(heartbeat: RegistryHeartbeat, signer: Signer, at: Date): Promise<Buffer> {
  return signXml(serializeHeartbeat(heartbeat), signer, at);
}

/** The acceptance's signed bytes. @throws HubError of `serializeRootAcceptance` and `signXml` */
export function signRootAcceptance(acceptance: RootAcceptance, signer: Signer, at: Date): Promise<Buffer> {
  return signXml(serializeRootAcceptance(acceptance), signer, at);
}

/** The snapshot's signed bytes. @throws HubError of `serializeSnapshot` and `signXml` */
export function signSnapshot(snapshot: RegistrySnapshot, signer: Signer, at: Date): Promise<Buffer> {
  return signXml(serializeSnapshot(snapshot), signer, at);
}

/** The receipt's signed bytes. @throws HubError of `serializeFilingReceipt` and `signXml` */
export function signFilingReceipt(receipt: FilingReceipt, signer: Signer, at: Date): Promise<Buffer> {
  return signXml(serializeFilingReceipt(receipt), signer, at);
}

/** The manifest's signed bytes. @throws HubError of `serializeManifest` and `signXml` */
export function signManifest(manifest: Manifest, signer: Signer, at: Date): Promise<Buffer> {
  return signXml(serializeManifest(manifest), signer, at);
}
