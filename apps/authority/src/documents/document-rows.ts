import type { DocumentRef, DocumentRole, HubEvent, Sha256 } from '#contracts';
import type { DocumentKey, StoredDocument } from '#documents';
import type { Tx } from '#persistence';
import { orderChecksOfEvent } from './signature-queue.ts';

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

/** A document of this node's own event. */
export interface OwnDocument {
  readonly staged: StagedDocument;
  readonly role: DocumentRole;
}

/** Rows written with one statement: an event may have thousands of documents. */
const AT_ONCE = 2_000;

/** Records the documents of this node's own event: complete from the start, their signatures to be checked. */
export async function insertOwnDocuments(
  tx: Tx,
  event: HubEvent,
  documents: readonly OwnDocument[],
): Promise<void> {
  const rows = documents.map(({ staged, role }) => ({
    ...documentRef(staged, role),
    sha256: staged.stored.sha256,
    name: staged.stored.name,
  }));
  await insertDocuments(tx, event, rows, { status: 'complete', dueAt: null });
  await orderChecksOfEvent(tx, event);
}

/** Records documents that a received event names, itself or by its manifest: to be fetched at once. */
export async function insertDueDocuments(
  tx: Tx,
  event: HubEvent,
  documents: readonly DocumentRef[],
  now: Date,
): Promise<void> {
  const rows = documents.map((reference) => ({ ...reference, sha256: null, name: null }));
  await insertDocuments(tx, event, rows, { status: 'fetching', dueAt: now });
}

interface DocumentRow extends DocumentRef {
  readonly sha256: Sha256 | null;
  readonly name: string | null;
}

async function insertDocuments(
  tx: Tx,
  { practice, author, id }: HubEvent,
  rows: readonly DocumentRow[],
  standing: { readonly status: 'complete' | 'fetching'; readonly dueAt: Date | null },
): Promise<void> {
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    await tx.query(
      `insert into document (owner, uuid, document_id, author, event_id, role, media_type, size, salted_digest, sha256,
                             file_name, status, next_attempt_at)
       select $1, $2, d.id, $3, $4, d.role, d."mediaType", d.size, d."saltedDigest", d.sha256, d.name, $5, $6
       from json_to_recordset($7) as d(id uuid, role text, "mediaType" text, size bigint, "saltedDigest" text,
                                       sha256 text, name text)
       on conflict do nothing`,
      [
        practice.owner,
        practice.uuid,
        author.ipa,
        id,
        standing.status,
        standing.dueAt,
        JSON.stringify(rows.slice(from, from + AT_ONCE)),
      ],
    );
  }
}
