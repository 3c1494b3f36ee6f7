import { Readable } from 'node:stream';
import {
  LISTED_ROLES,
  MAX_BYTES,
  MAX_DOCUMENTS,
  parseDocumentId,
  type DocumentRef,
  type HubEvent,
  type ListedDocument,
  type PracticeRef,
} from '#contracts';
import { signManifest } from '#evidence';
import type { NodeParts } from '../node-parts.ts';
import { documentRef, type OwnDocument, type StagedDocument } from './document-rows.ts';

/** The version of `contracts/xsd/manifest-1.xsd` that this node writes. */
const MANIFEST_VERSION = '1.0';
/** Documents that an event names itself beside its segnatura, which it always names. */
const MAX_NAMED = MAX_DOCUMENTS - 1;
const MANIFEST_MEDIA_TYPE = 'application/xml';

type Naming = Pick<NodeParts, 'ipa' | 'ids' | 'signer' | 'documents'>;

/** The event to be that has the documents: its identity is known before it is written. */
export interface EventToBe {
  readonly id: HubEvent['id'];
  readonly practice: Pick<PracticeRef, 'owner' | 'uuid'>;
}

export interface NamedDocuments {
  /** What the event names. */
  readonly named: readonly DocumentRef[];
  /** All documents of the event, a manifest among them if there is one. */
  readonly all: readonly OwnDocument[];
}

/**
 * How an event names its documents: each by itself, or, where they are more than an event may name, through a manifest
 * that this node signs and stores as one more document of the event. The form is always named by the event.
 * @throws HubError `EVENT_OVER_BOUNDS` for more than a manifest may list
 */
export async function nameDocuments(
  parts: Naming,
  event: EventToBe,
  documents: readonly OwnDocument[],
  at: Date,
): Promise<NamedDocuments> {
  if (documents.length <= MAX_NAMED) return { named: documents.map(refOf), all: documents };
  const references = documents.map(refOf);
  const listed = references.filter(isListed);
  const staged = await storeManifest(parts, event, listed, at);
  const manifest: OwnDocument = { staged, role: 'manifest' };
  const direct = references.filter((reference) => !isListed(reference));
  return { named: [...direct, refOf(manifest)], all: [...documents, manifest] };
}

async function storeManifest(
  parts: Naming,
  { id, practice }: EventToBe,
  documents: readonly ListedDocument[],
  at: Date,
): Promise<StagedDocument> {
  const bytes = await signManifest(
    {
      version: MANIFEST_VERSION,
      event: { author: parts.ipa, event: id },
      practice: { owner: practice.owner, uuid: practice.uuid },
      documents,
    },
    parts.signer,
    at,
  );
  const key = {
    owner: practice.owner,
    practice: practice.uuid,
    document: parseDocumentId(parts.ids.uuid()),
  };
  const stored = await parts.documents.put(key, Readable.from([bytes]), { maxBytes: MAX_BYTES.manifest });
  return { key, stored, mediaType: MANIFEST_MEDIA_TYPE };
}

function refOf({ staged, role }: OwnDocument): DocumentRef {
  return documentRef(staged, role);
}

function isListed(reference: DocumentRef): reference is ListedDocument {
  return LISTED_ROLES.some((role) => role === reference.role);
}
