/** The documents of an adopted event, as they lie in the store: it is a folder of its own, and was not restored with the database. */
import { buffer } from 'node:stream/consumers';
import type { DocumentRef, HubEvent } from '#contracts';
import { HubError } from '#errors';
import { verifyManifest } from '#evidence';
import type { OwnDocument } from '../documents/document-rows.ts';
import type { NodeParts } from '../node-parts.ts';

export interface HeldDocuments {
  readonly held: readonly OwnDocument[];
  /** Named by the event, and not in the store. */
  readonly missing: readonly DocumentRef[];
}

type Reading = Pick<NodeParts, 'documents' | 'registry'>;

/** Every document that the event names, itself or through its manifest. */
export async function heldDocuments(parts: Reading, event: HubEvent, at: Date): Promise<HeldDocuments> {
  const named = await look(parts, event, event.documents);
  const manifest = named.held.find(({ role }) => role === 'manifest');
  if (manifest === undefined) return named;
  const bytes = await buffer(parts.documents.open(manifest.staged.key));
  const { documents } = verifyManifest(bytes, parts.registry, at, event).manifest;
  const listed = await look(parts, event, documents);
  return { held: [...named.held, ...listed.held], missing: [...named.missing, ...listed.missing] };
}

async function look(
  { documents }: Reading,
  { practice }: HubEvent,
  references: readonly DocumentRef[],
): Promise<HeldDocuments> {
  const held: OwnDocument[] = [];
  const missing: DocumentRef[] = [];
  for (const reference of references) {
    const { id, role, mediaType, saltedDigest } = reference;
    const key = { owner: practice.owner, practice: practice.uuid, document: id };
    try {
      const stored = await documents.stat(key);
      // Another document under this id is not the one that the event names.
      if (stored.saltedDigest === saltedDigest) held.push({ role, staged: { key, mediaType, stored } });
      else missing.push(reference);
    } catch (error) {
      if (!(error instanceof HubError) || !GONE.has(error.code)) throw error;
      missing.push(reference);
    }
  }
  return { held, missing };
}

const GONE: ReadonlySet<string> = new Set([
  'DOCUMENT_NOT_FOUND',
  'DOCUMENT_CORRUPT',
  'DOCUMENT_KEY_MISSING',
  'DOCUMENT_DESTROYED',
]);
