/** What a node does when a document that its disk had lost is back. */
import { buffer } from 'node:stream/consumers';
import type { DocumentId, DocumentRef, DocumentRole, FormReading } from '#contracts';
import type { DocumentKey, FetchJob, StoredDocument } from '#documents';
import { verifyManifest } from '#evidence';
import type { Tx } from '#persistence';
import { readAccepted } from '../inbox/practice-store.ts';
import type { Received } from '../inbox/screen-event.ts';
import type { NodeParts } from '../node-parts.ts';
import { APPLICANT_FIELD, insertSearchFields, searchFieldsOf } from '../practices/search-fields.ts';
import { insertMissingDocuments } from '../recovery/missing-documents.ts';
import { readOwnSegnatura, restoreEntry } from '../recovery/restore-entry.ts';
import { lockEvent, type NamingEvent } from './mark-complete.ts';
import { ROLES_OF_ONE_EVENT } from './roles-of-one-event.ts';
import { orderChecks } from './signature-queue.ts';

/** What is in a document, as far as the node keeps that beside it. */
interface Contents {
  readonly search: FormReading['search'];
  readonly listed: readonly DocumentRef[];
}

/**
 * Closes the loss of a document that was complete here before: nothing else has changed. One of an own event that a
 * restored database knew only by name (ADR 23) is taken in as it would have been from the store.
 * @throws HubError `EVENT_NOT_FOUND`; faults of store and database: then it stays noted as lost
 */
export async function restoreDocument(
  parts: NodeParts,
  job: FetchJob & NamingEvent & { readonly role: DocumentRole },
  stored: StoredDocument,
): Promise<void> {
  const { key } = job.order;
  const received = await parts.work.run((tx) => readAccepted(tx, job.author, job.eventId));
  const contents = await readContents(parts, received, { key, stored, role: job.role });
  const now = parts.clock.now();
  await parts.work.run(async (tx) => {
    await lockEvent(tx, job);
    const place = [key.owner, key.practice, key.document];
    const noted = await tx.query(
      `delete from lost_document where owner = $1 and uuid = $2 and document_id = $3 returning document_id`,
      place,
    );
    if (noted.length === 0) return;
    const completed = await tx.query(
      `update document set status = 'complete', sha256 = $4, file_name = $5, next_attempt_at = null, away_since = null
       where owner = $1 and uuid = $2 and document_id = $3 and status = 'author-away' returning document_id`,
      [...place, stored.sha256, stored.name],
    );
    if (completed.length === 0) return;
    const { practice } = received.event;
    await insertMissingDocuments(tx, received.event, contents.listed, now);
    if (!ROLES_OF_ONE_EVENT.includes(job.role))
      await orderChecks(tx, { owner: practice.owner, practice: practice.uuid }, [key.document], now);
    await insertSearchFields(tx, [{ practice, search: contents.search }]);
    if (job.role === 'segnatura' || job.role === 'form') await registerAgain(tx, parts, received, now);
  });
}

async function readContents(
  parts: NodeParts,
  { event, decision }: Received,
  {
    key,
    stored,
    role,
  }: { readonly key: DocumentKey; readonly stored: StoredDocument; readonly role: DocumentRole },
): Promise<Contents> {
  const search = role === 'form' ? await searchFieldsOf(parts, event, { key, stored }) : [];
  if (role !== 'manifest') return { search, listed: [] };
  const bytes = await buffer(parts.documents.open(key));
  return {
    search,
    listed: verifyManifest(bytes, parts.registry, new Date(decision.time), event).manifest.documents,
  };
}

/** The entry of the register that was lost with its segnatura: once both are here, it and the form that says who files. */
async function registerAgain(tx: Tx, parts: NodeParts, { event }: Received, now: Date): Promise<void> {
  const { owner, uuid } = event.practice;
  const rows = await tx.query<{ id: DocumentId; role: DocumentRole; status: string; mediaType: string }>(
    `select document_id as id, role, status, media_type as "mediaType" from document
     where author = $1 and event_id = $2 and role in ('segnatura', 'form')`,
    [event.author.ipa, event.id],
  );
  const segnatura = rows.find(({ role }) => role === 'segnatura');
  if (segnatura === undefined || rows.some(({ status }) => status !== 'complete')) return;
  const key = { owner, practice: uuid, document: segnatura.id };
  const staged = { key, mediaType: segnatura.mediaType, stored: await parts.documents.stat(key) };
  const [applicant] = await tx.query<{ value: string }>(
    'select value from practice_search where owner = $1 and uuid = $2 and name = $3',
    [owner, uuid, APPLICANT_FIELD],
  );
  const name = applicant?.value.trim() ?? '';
  const held = await readOwnSegnatura(parts, staged, new Date(event.time));
  await restoreEntry(tx, parts, event, held, name === '' ? null : name, now);
}
