import type { DocumentRef, DocumentRole, HubEvent, Sha256 } from '#contracts';
import type { DocumentKey, StoredDocument } from '#documents';
import { queueNow, type Tx } from '#persistence';
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
      event,
      ...documentRef(staged, role),
      sha256: staged.stored.sha256,
      name: staged.stored.name,
    })),
  );
  insertDocuments(tx, rows, { status: 'complete', dueAt: null });
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
export function insertDueDocuments(tx: Tx, named: readonly NamedDocuments[], now: Date): void {
  const rows = named.flatMap(({ event, documents }) =>
    documents.map((reference) => ({ event, ...reference, sha256: null, name: null })),
  );
  insertDocuments(tx, rows, { status: 'fetching', dueAt: now });
}

interface DocumentRow extends DocumentRef {
  readonly event: HubEvent;
  readonly sha256: Sha256 | null;
  readonly name: string | null;
}

/** What documents of one event have in common travels once. */
function insertDocuments(
  tx: Tx,
  documents: readonly DocumentRow[],
  standing: { readonly status: 'complete' | 'fetching'; readonly dueAt: Date | null },
): void {
  for (let from = 0; from < documents.length; from += AT_ONCE) {
    const rows = documents.slice(from, from + AT_ONCE);
    const events = [...new Set(rows.map(({ event }) => event))];
    const places = new Map(events.map((event, index) => [event, index + 1]));
    tx.write(
      `insert into document (owner, uuid, document_id, author, event_id, role, media_type, size, salted_digest, sha256,
                             file_name, status, next_attempt_at)
       select e.owners[d.place], e.uuids[d.place], d.id, e.authors[d.place], e.ids[d.place], d.role, d.media_type, d.size,
         d.salted_digest, d.sha256, d.name, $1, case when $2::timestamptz is not null then ${queueNow('$2')} end
       from (select $3::text[] as owners, $4::uuid[] as uuids, $5::text[] as authors, $6::uuid[] as ids) e,
         unnest($7::int[], $8::uuid[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[])
           as d(place, id, role, media_type, size, salted_digest, sha256, name)
       on conflict do nothing`,
      [
        standing.status,
        standing.dueAt,
        events.map(({ practice }) => practice.owner),
        events.map(({ practice }) => practice.uuid),
        events.map(({ author }) => author.ipa),
        events.map(({ id }) => id),
        rows.map(({ event }) => places.get(event)),
        rows.map(({ id }) => id),
        rows.map(({ role }) => role),
        rows.map(({ mediaType }) => mediaType),
        rows.map(({ size }) => size),
        rows.map(({ saltedDigest }) => saltedDigest),
        rows.map(({ sha256 }) => sha256),
        rows.map(({ name }) => name),
      ],
    );
  }
}
