import type { DocumentRef, DocumentRole, HubEvent, Sha256 } from '#contracts';
import type { DocumentKey, StoredDocument } from '#documents';
import type { Tx } from '#persistence';
import { orderChecksOfEvents } from './signature-queue.ts';

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

/** Rows written with one statement: a manifest lists thousands of documents. */
const AT_ONCE = 2_000;

/** Records the documents of this node's own event: complete from the start, their signatures to be checked. */
export async function insertOwnDocuments(
  tx: Tx,
  event: HubEvent,
  documents: readonly OwnDocument[],
): Promise<void> {
  await insertAllOwnDocuments(tx, [{ event, documents }]);
}

/** An own event and its documents. */
export interface DocumentedEvent {
  readonly event: HubEvent;
  readonly documents: readonly OwnDocument[];
}

/** The same for several events. */
export async function insertAllOwnDocuments(tx: Tx, events: readonly DocumentedEvent[]): Promise<void> {
  const rows = events.flatMap(({ event, documents }) =>
    documents.map(({ staged, role }) => ({
      ...placeOf(event),
      ...documentRef(staged, role),
      sha256: staged.stored.sha256,
      name: staged.stored.name,
    })),
  );
  await insertDocuments(tx, rows, { status: 'complete', dueAt: null });
  await orderChecksOfEvents(
    tx,
    events.map(({ event }) => event),
  );
}

/** Documents that a received event names, itself or by its manifest. */
export interface NamedDocuments {
  readonly event: HubEvent;
  readonly documents: readonly DocumentRef[];
}

/** Records the documents of received events: to be fetched at once. */
export async function insertDueDocuments(tx: Tx, named: readonly NamedDocuments[], now: Date): Promise<void> {
  const rows = named.flatMap(({ event, documents }) =>
    documents.map((reference) => ({ ...placeOf(event), ...reference, sha256: null, name: null })),
  );
  await insertDocuments(tx, rows, { status: 'fetching', dueAt: now });
}

/** Where a document belongs. */
interface DocumentPlace {
  readonly owner: string;
  readonly uuid: string;
  readonly author: string;
  readonly event: string;
}

function placeOf({ practice: { owner, uuid }, author, id }: HubEvent): DocumentPlace {
  return { owner, uuid, author: author.ipa, event: id };
}

interface DocumentRow extends DocumentRef, DocumentPlace {
  readonly sha256: Sha256 | null;
  readonly name: string | null;
}

async function insertDocuments(
  tx: Tx,
  rows: readonly DocumentRow[],
  standing: { readonly status: 'complete' | 'fetching'; readonly dueAt: Date | null },
): Promise<void> {
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    await tx.query(
      `insert into document (owner, uuid, document_id, author, event_id, role, media_type, size, salted_digest, sha256,
                             file_name, status, next_attempt_at)
       select d.owner, d.uuid, d.id, d.author, d.event, d.role, d."mediaType", d.size, d."saltedDigest", d.sha256,
         d.name, $1, $2
       from json_to_recordset($3) as d(owner text, uuid uuid, id uuid, author text, event uuid, role text,
                                       "mediaType" text, size bigint, "saltedDigest" text, sha256 text, name text)
       on conflict do nothing`,
      [standing.status, standing.dueAt, JSON.stringify(rows.slice(from, from + AT_ONCE))],
    );
  }
}
