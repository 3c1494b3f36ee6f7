/** Puts own events back into a restored database: the bytes as published, provisional until their decisions come again. */
import { parseCui, type HubEvent, type PracticeRef } from '#contracts';
import { HubError } from '#errors';
import type { VerifiedEvent } from '#evidence';
import type { Tx } from '#persistence';
import { insertOwnDocuments, type OwnDocument } from '../documents/document-rows.ts';
import { ROLES_OF_ONE_EVENT } from '../documents/roles-of-one-event.ts';
import { lockPractices } from '../inbox/practice-store.ts';
import type { NodeParts } from '../node-parts.ts';
import { APPLICANT_FIELD, insertSearchFields, searchFieldsOf } from '../practices/search-fields.ts';
import { insertMissingDocuments } from './missing-documents.ts';
import { heldDocuments, type HeldDocuments } from './held-documents.ts';
import { readOwnSegnatura, restoreEntry, type HeldSegnatura } from './restore-entry.ts';

/** State of a filing whose position is not back yet. */
const PROVISIONAL_STATE = 'started';

/** An event that the database lacks, with what the document store has of it. */
export interface LostEvent {
  readonly verified: VerifiedEvent;
  readonly documents: HeldDocuments;
  readonly segnatura: HeldSegnatura | null;
  readonly search: Awaited<ReturnType<typeof searchFieldsOf>>;
}

/**
 * Of own events, those that the database lacks.
 * @throws HubError `OWN_EVENT_CONTRADICTED` if it has another event under the same id
 */
export async function lostEvents(tx: Tx, events: readonly VerifiedEvent[]): Promise<VerifiedEvent[]> {
  const rows = await tx.query<{ id: string; signed: string }>(
    `select event_id as id, signed_info_digest as signed from event where author = $1 and event_id = any($2::uuid[])`,
    [events[0]?.event.author.ipa ?? '', events.map(({ event }) => event.id)],
  );
  const known = new Map(rows.map(({ id, signed }) => [id, signed]));
  return events.filter(({ event, signedInfoDigest }) => {
    const held = known.get(event.id);
    if (held === undefined) return true;
    if (held === signedInfoDigest) return false;
    throw new HubError('OWN_EVENT_CONTRADICTED', `this node has signed two events with id ${event.id}`);
  });
}

/** Looks up in the document store what belongs to an event; nothing is written. */
export async function lookUp(parts: NodeParts, verified: VerifiedEvent): Promise<LostEvent> {
  const { event } = verified;
  const at = new Date(event.time);
  const documents = await heldDocuments(parts, event, at);
  const stagedOf = (role: OwnDocument['role']) => documents.held.find((one) => one.role === role)?.staged;
  const [segnatura, form] = [stagedOf('segnatura'), stagedOf('form')];
  return {
    verified,
    documents,
    segnatura: segnatura === undefined ? null : await readOwnSegnatura(parts, segnatura, at),
    search: form === undefined ? [] : await searchFieldsOf(parts, event, form),
  };
}

/**
 * Adopts one event: chain, practice, documents, CUI counter, entry of the register. Called in the order of publication.
 * @throws HubError `OWN_EVENT_CONTRADICTED` if the database has another event in its place
 */
export async function adoptEvent(tx: Tx, parts: NodeParts, lost: LostEvent, now: Date): Promise<void> {
  const { event } = lost.verified;
  await lockPractices(tx, [event.practice]);
  await replace(tx, event);
  await insertEvent(tx, lost.verified);
  if (event.type === 'practice.filed') await insertPractice(tx, parts, event, lost);
  await insertOwnDocuments(tx, event, lost.documents.held);
  await insertMissingDocuments(tx, event, lost.documents.missing, now);
  const applicant = lost.search.find(({ name }) => name === APPLICANT_FIELD)?.value.trim() ?? '';
  if (lost.segnatura !== null)
    await restoreEntry(tx, parts, event, lost.segnatura, applicant === '' ? null : applicant, now);
}

/** What the event says that it replaces gives way to it, with its documents, as when it was issued. */
async function replace(tx: Tx, { author, id, replaces }: HubEvent): Promise<void> {
  if (replaces === null) return;
  await tx.query(
    `update event set status = 'replaced' where author = $1 and event_id = $2 and status in ('provisional', 'parked')`,
    [author.ipa, replaces],
  );
  await tx.query(
    'update document set event_id = $3 where author = $1 and event_id = $2 and role <> all($4)',
    [author.ipa, replaces, id, ROLES_OF_ONE_EVENT],
  );
}

async function insertEvent(tx: Tx, verified: VerifiedEvent): Promise<void> {
  const { event, bytes, digest, signedInfoDigest } = verified;
  const { author, practice, sequence } = event;
  const [other] = await tx.query<{ id: string }>(
    `select event_id as id from event
     where owner = $1 and uuid = $2 and author = $3 and number = $4 and status <> 'replaced'
       and event_id is distinct from $5 and not (status in ('parked', 'accepted', 'waiting') and event_id = $6)`,
    [practice.owner, practice.uuid, author.ipa, sequence.number, event.id, event.replaces],
  );
  if (other)
    throw new HubError(
      'OWN_EVENT_CONTRADICTED',
      `number ${sequence.number} of ${practice.owner}/${practice.uuid} is event ${other.id} here, and was published as ${event.id}`,
      { details: { here: other.id, published: event.id } },
    );
  await tx.query(
    `insert into event (author, event_id, owner, uuid, number, type, time, bytes, digest, signed_info_digest, status,
                        received_at, replaces)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'provisional', $11, $12)`,
    [
      ...[author.ipa, event.id, practice.owner, practice.uuid, sequence.number, event.type, event.time],
      ...[bytes, digest, signedInfoDigest, event.time, event.replaces],
    ],
  );
}

async function insertPractice(
  tx: Tx,
  { ipa }: NodeParts,
  event: HubEvent,
  { search }: LostEvent,
): Promise<void> {
  const { practice, procedure, territory, id, time } = event;
  await tx.query(
    `insert into practice (owner, uuid, cui, procedure_code, procedure_version, part, territory, filing_event, filed_at,
                           state_code)
     values ($1, $2, $3, $4, $5, 'owner', $6, $7, $8, $9)
     on conflict (owner, uuid) do update set filing_event = excluded.filing_event where practice.position = 0`,
    [
      ...[practice.owner, practice.uuid, practice.cui, procedure.code, procedure.version, territory],
      ...[id, time, PROVISIONAL_STATE],
    ],
  );
  await insertSearchFields(tx, [{ practice, search }]);
  if (practice.owner === ipa) await passOverCui(tx, practice);
}

/** The CUI's number is given out: the next filing of that year takes one behind it. */
async function passOverCui(tx: Tx, { cui }: PracticeRef): Promise<void> {
  const [, year, progressive] = parseCui(cui).split('/').map(Number);
  await tx.query(
    `insert into cui_counter (year, last) values ($1, $2)
     on conflict (year) do update set last = greatest(cui_counter.last, excluded.last)`,
    [year, progressive],
  );
}
