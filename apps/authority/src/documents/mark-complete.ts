/** What a node does when documents have arrived: many of one event at once, as small ones come in hundreds a second. */
import type { DocumentRole, IpaCode } from '#contracts';
import type { DocumentKey, StoredDocument } from '#documents';
import type { Tx } from '#persistence';
import { appendFeed } from '../feed/append-feed.ts';
import { readAccepted } from '../inbox/practice-store.ts';
import { receiptOf, sendReceipts } from '../inbox/receipts.ts';
import type { Received } from '../inbox/screen-event.ts';
import type { NodeParts } from '../node-parts.ts';
import { insertSearchFields, searchFieldsOf } from '../practices/search-fields.ts';
import { registerReceived } from '../protocol/register-received.ts';
import { ROLES_OF_ONE_EVENT } from './roles-of-one-event.ts';
import { orderChecks } from './signature-queue.ts';

/** A document of a received event that is in this node's store. */
export interface Arrival {
  readonly key: DocumentKey;
  readonly role: DocumentRole;
  readonly stored: StoredDocument;
}

/** The event that names them. */
export interface NamingEvent {
  readonly author: IpaCode;
  readonly eventId: string;
}

/**
 * Marks documents of one event, in one transaction; with the last one of the event, says so to the event's author, to
 * the log and in the feed. What somebody else has marked stays as it is.
 *
 * @throws HubError `EVENT_NOT_FOUND`; faults of store and database: then none is marked
 */
export async function markComplete(
  parts: NodeParts,
  event: NamingEvent,
  arrivals: readonly Arrival[],
): Promise<void> {
  const received = await parts.work.run((tx) => readAccepted(tx, event.author, event.eventId));
  const now = parts.clock.now();
  const form = arrivals.find(({ role }) => role === 'form');
  const search = form === undefined ? [] : await searchFieldsOf(parts, received.event, form);
  await parts.work.run(async (tx) => {
    await lockEvent(tx, event);
    const marked = await mark(tx, received, arrivals);
    if (marked.size === 0) return;
    const uploads = arrivals.filter(
      ({ key, role }) => marked.has(key.document) && !ROLES_OF_ONE_EVENT.includes(role),
    );
    const { owner, uuid } = received.event.practice;
    await orderChecks(
      tx,
      { owner, practice: uuid },
      uploads.map(({ key }) => key.document),
      now,
    );
    await insertSearchFields(tx, [{ practice: { owner, uuid }, search }]);
    await sayIfComplete(tx, parts, received, now);
  });
}

/** Two documents of one event that end at once must not both find the other one missing. */
export async function lockEvent(tx: Tx, { author, eventId }: NamingEvent): Promise<void> {
  await tx.query('select 1 as locked from event where author = $1 and event_id = $2 for update', [
    author,
    eventId,
  ]);
}

/** @returns the ids of those that nobody had marked before */
async function mark(
  tx: Tx,
  { event: { practice } }: Received,
  arrivals: readonly Arrival[],
): Promise<ReadonlySet<string>> {
  const rows = arrivals.map(({ key, stored }) => ({
    id: key.document,
    sha256: stored.sha256,
    name: stored.name,
  }));
  const marked = await tx.query<{ id: string }>(
    `update document d
     set status = 'complete', sha256 = n.sha256, file_name = n.name, next_attempt_at = null, away_since = null
     from json_to_recordset($3) as n(id uuid, sha256 text, name text)
     where d.owner = $1 and d.uuid = $2 and d.document_id = n.id and d.status in ('fetching', 'author-away')
     returning d.document_id as id`,
    [practice.owner, practice.uuid, JSON.stringify(rows)],
  );
  return new Set(marked.map(({ id }) => id));
}

async function sayIfComplete(tx: Tx, parts: NodeParts, accepted: Received, now: Date): Promise<void> {
  const { event, decision } = accepted;
  const missing = await tx.query(
    `select 1 as missing from document
     where author = $1 and event_id = $2 and status in ('fetching', 'author-away', 'refused') limit 1`,
    [event.author.ipa, event.id],
  );
  if (missing.length > 0) return;
  const complete = receiptOf(accepted, parts.ipa, 'documents-complete', now);
  const registered = await registerReceived(tx, parts, accepted, now);
  const receipts = registered === null ? [complete] : [complete, registered];
  await sendReceipts(tx, receipts, parts.signer, now);
  appendFeed(
    tx,
    [
      {
        kind: 'documents-complete',
        owner: event.practice.owner,
        uuid: event.practice.uuid,
        author: event.author.ipa,
        eventId: event.id,
        type: event.type,
        position: decision.position,
      },
    ],
    now,
  );
}
