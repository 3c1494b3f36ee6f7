import type { DocumentRef, DocumentRole, HubEvent, Sha256 } from '#contracts';
import type { DocumentKey, StoredDocument } from '#documents';
import type { Tx } from '#persistence';

/** A document that is in this node's store, not yet named by an event. */
export interface StagedDocument {
  readonly key: DocumentKey;
  readonly stored: StoredDocument;
  readonly mediaType: string;
}

/** How an event names a staged document. */
export function documentRef(staged: StagedDocument, role: DocumentRole): DocumentRef {
  return {
    id: staged.key.document,
    role,
    mediaType: staged.mediaType,
    size: staged.stored.size,
    saltedDigest: staged.stored.saltedDigest,
  };
}

/** Records the documents of this node's own event: complete from the start. */
export async function insertOwnDocuments(
  tx: Tx,
  event: HubEvent,
  staged: readonly StagedDocument[],
): Promise<void> {
  for (const reference of event.documents) {
    const found = staged.find(({ key }) => key.document === reference.id);
    await insertDocument(tx, event, reference, {
      status: 'complete',
      sha256: found?.stored.sha256 ?? null,
      name: found?.stored.name ?? null,
      dueAt: null,
    });
  }
}

/** Records the documents that a received event names: to be fetched at once. */
export async function insertDueDocuments(tx: Tx, event: HubEvent, now: Date): Promise<void> {
  for (const reference of event.documents) {
    await insertDocument(tx, event, reference, { status: 'fetching', sha256: null, name: null, dueAt: now });
  }
}

async function insertDocument(
  tx: Tx,
  event: HubEvent,
  reference: DocumentRef,
  standing: {
    readonly status: 'complete' | 'fetching';
    readonly sha256: Sha256 | null;
    readonly name: string | null;
    readonly dueAt: Date | null;
  },
): Promise<void> {
  await tx.query(
    `insert into document (owner, uuid, document_id, author, event_id, role, media_type, size, salted_digest, sha256,
                           file_name, status, next_attempt_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing`,
    [
      event.practice.owner,
      event.practice.uuid,
      reference.id,
      event.author.ipa,
      event.id,
      reference.role,
      reference.mediaType,
      reference.size,
      reference.saltedDigest,
      standing.sha256,
      standing.name,
      standing.status,
      standing.dueAt,
    ],
  );
}
