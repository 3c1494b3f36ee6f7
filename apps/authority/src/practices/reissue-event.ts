import {
  checkEntitlement,
  parseDocumentId,
  type DocumentRef,
  type DocumentRole,
  type EventId,
  type HubEvent,
  type IpaCode,
  type Participant,
  type PracticeId,
  type PracticeRef,
  type Registration,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { insertOwnDocuments, type OwnDocument } from '../documents/document-rows.ts';
import { nameDocuments } from '../documents/name-documents.ts';
import { ROLES_OF_ONE_EVENT } from '../documents/roles-of-one-event.ts';
import type { NodeParts } from '../node-parts.ts';
import { entryOf } from '../protocol/protocol-rows.ts';
import { registerOwn } from '../protocol/register-own.ts';
import { OwnChain, type OwnEvent } from './own-chain.ts';
import { appendOwnEvent, EVENT_VERSION, newEventId } from './own-events.ts';

/** An event of this node's that the router parked, to be issued again. */
export interface ReissueRequest {
  readonly owner: IpaCode;
  readonly practice: PracticeId;
  readonly event: EventId;
}

export interface Reissued {
  readonly eventId: EventId;
  readonly type: string;
  readonly replaces: EventId;
  /** Where it stands in this body's protocol register: what is issued again is registered anew. */
  readonly protocol: Registration;
}

export interface ReissueResult extends Reissued {
  readonly cui: string;
  readonly practiceId: PracticeId;
  readonly status: 'provisional';
  /** This node's later events of the practice, which chained to the parked one: issued again behind it, in order. */
  readonly followers: readonly Reissued[];
}

interface PracticeRow {
  readonly cui: PracticeRef['cui'];
  readonly position: number;
  readonly participants: readonly Participant[];
  readonly code: string;
  readonly version: number;
}

/**
 * Issues again what the router parked: the same statement with the same time and documents, under a new id, signed with
 * the key that this node has now, and saying which event it replaces. It takes that event's number and predecessor.
 */
export class ReissueEvent {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /**
   * @returns what the caller is told; it is only true once `tx` has committed
   * @throws HubError `PRACTICE_NOT_FOUND`, `EVENT_NOT_FOUND`, `EVENT_NOT_PARKED`, `EVENT_REPLACED`, `EVENT_VOIDED`,
   *   `REPLACED_EVENT_PLACED`, `REPLACEMENT_MISMATCH`, and those of `checkEntitlement` and `verifyEvent`
   */
  async run(tx: Tx, request: ReissueRequest): Promise<ReissueResult> {
    const at = this.#parts.clock.now();
    const row = await lockPractice(tx, request);
    const practice: PracticeRef = { owner: request.owner, uuid: request.practice, cui: row.cui };
    const chain = await OwnChain.load(tx, this.#parts, practice);
    const wanted = await this.#parked(tx, chain, request);
    const { number } = wanted.event.sequence;
    let previous = chain.standing(number - 1)?.digest ?? null;
    const renamed = new Map<EventId, EventId>();
    const issued: Reissued[] = [];
    for (const { event } of chain.unplacedFrom(number)) {
      // A voided number in between is closed under the digest that its void names.
      if (event.sequence.number > number) previous = behindVoided(chain, event, number) ?? previous;
      const again = await this.#again(tx, row, event, { previous, renamed, at });
      previous = again.digest;
      renamed.set(event.id, again.id);
      const { id: eventId, registration: protocol } = again;
      issued.push({ eventId, type: event.type, replaces: event.id, protocol });
    }
    const [first, ...followers] = issued;
    if (first === undefined) throw new HubError('EVENT_NOT_PARKED', `event ${request.event} stands`);
    return { cui: row.cui, practiceId: request.practice, status: 'provisional', ...first, followers };
  }

  async #parked(tx: Tx, chain: OwnChain, { event: id, practice }: ReissueRequest): Promise<OwnEvent> {
    const own = chain.find(id);
    if (own === undefined) throw await this.#missing(tx, id, practice);
    if (own.status !== 'parked') {
      const code = own.status === 'provisional' ? 'EVENT_NOT_PARKED' : 'REPLACED_EVENT_PLACED';
      throw new HubError(code, `event ${id} is ${own.status}`);
    }
    const closing = chain.voidOf(own.event);
    if (closing) throw new HubError('EVENT_VOIDED', `event ${id} was voided by event ${closing.id}`);
    const { number } = own.event.sequence;
    if (chain.standing(number) === own) return own;
    throw new HubError('REPLACEMENT_MISMATCH', `number ${number} is that of an event that was placed`);
  }

  async #missing(tx: Tx, id: EventId, practice: PracticeId): Promise<HubError> {
    const [by] = await tx.query<{ id: string }>(
      'select event_id as id from event where author = $1 and replaces = $2 and uuid = $3',
      [this.#parts.ipa, id, practice],
    );
    if (by)
      return new HubError('EVENT_REPLACED', `event ${id} is replaced by event ${by.id}`, {
        details: { by: by.id },
      });
    return new HubError('EVENT_NOT_FOUND', `this node has issued no event ${id} in this practice`);
  }

  async #again(
    tx: Tx,
    row: PracticeRow,
    old: HubEvent,
    { previous, renamed, at }: Place,
  ): Promise<{ readonly id: EventId; readonly digest: Sha256; readonly registration: Registration }> {
    const id = newEventId(this.#parts);
    const documents = await this.#documents(tx, old, id, at);
    const draft: HubEvent = {
      ...old,
      id,
      replaces: old.id,
      version: EVENT_VERSION,
      sequence: { number: old.sequence.number, previous },
      cause: old.cause && { ...old.cause, event: renamed.get(old.cause.event) ?? old.cause.event },
      registry: this.#parts.registry.current(),
      documents: documents.named,
    };
    checkEntitlement({ event: draft, registry: this.#parts.registry, practice: standingOf(row) });
    const { event, segnatura, registration } = await registerOwn(
      tx,
      this.#parts,
      {
        event: draft,
        documents: documents.all,
        participants: row.position > 0 ? row.participants : null,
        applicant: await this.#applicant(tx, old),
      },
      at,
    );
    await tx.query(`update event set status = 'replaced' where author = $1 and event_id = $2`, [
      this.#parts.ipa,
      old.id,
    ]);
    const { digest } = await appendOwnEvent(tx, this.#parts, event, at);
    await this.#moveDocuments(tx, old, event, [...documents.all.filter(isManifest), segnatura]);
    if (event.type === 'practice.filed') {
      await tx.query('update practice set filing_event = $3 where owner = $1 and uuid = $2', [
        event.practice.owner,
        event.practice.uuid,
        id,
      ]);
    }
    return { id, digest, registration };
  }

  /** Manifest and segnatura name their event, so they are written and signed anew; the others stay as they are. */
  async #documents(
    tx: Tx,
    old: HubEvent,
    id: EventId,
    at: Date,
  ): Promise<{ readonly named: readonly DocumentRef[]; readonly all: readonly OwnDocument[] }> {
    const rows = await tx.query<{ id: string; role: DocumentRole; mediaType: string }>(
      `select document_id as id, role, media_type as "mediaType" from document
       where author = $1 and event_id = $2 and role <> all($3) order by document_id`,
      [this.#parts.ipa, old.id, ROLES_OF_ONE_EVENT],
    );
    // In the order in which the event named them: the first of an act is its primary document.
    const placeOf = ({ id: document }: { readonly id: string }): number => {
      const index = old.documents.findIndex((named) => named.id === document);
      return index < 0 ? Infinity : index;
    };
    const documents: OwnDocument[] = [];
    for (const { id: document, role, mediaType } of rows.toSorted((a, b) => placeOf(a) - placeOf(b) || 0)) {
      const { owner, uuid } = old.practice;
      const key = { owner, practice: uuid, document: parseDocumentId(document) };
      documents.push({ role, staged: { key, mediaType, stored: await this.#parts.documents.stat(key) } });
    }
    return nameDocuments(this.#parts, { id, practice: old.practice }, documents, at);
  }

  /** Who handed the filing in, as the register has it. */
  async #applicant(tx: Tx, old: HubEvent): Promise<string | null> {
    if (old.type !== 'practice.filed') return null;
    const entry = await entryOf(tx, this.#parts.ipa, old.id);
    return entry?.correspondents[0]?.name ?? null;
  }

  /** From now on the documents are those of the new event: a participant fetches them by the decision that names it. */
  async #moveDocuments(
    tx: Tx,
    old: HubEvent,
    event: HubEvent,
    documents: readonly OwnDocument[],
  ): Promise<void> {
    const { ipa } = this.#parts;
    await tx.query(
      `update document set event_id = $3 where author = $1 and event_id = $2 and role <> all($4)`,
      [ipa, old.id, event.id, ROLES_OF_ONE_EVENT],
    );
    await insertOwnDocuments(tx, event, documents);
  }
}

interface Place {
  readonly previous: Sha256 | null;
  /** Ids of what was issued again in the same call: a later act may answer one of them. */
  readonly renamed: ReadonlyMap<EventId, EventId>;
  readonly at: Date;
}

async function lockPractice(tx: Tx, { owner, practice }: ReissueRequest): Promise<PracticeRow> {
  const [row] = await tx.query<PracticeRow>(
    `select cui, position, participants, procedure_code as code, procedure_version as version
     from practice where owner = $1 and uuid = $2 for update`,
    [owner, practice],
  );
  if (row) return row;
  throw new HubError('PRACTICE_NOT_FOUND', `this node holds no practice ${owner}/${practice}`);
}

function standingOf({ cui, position, participants, code, version }: PracticeRow) {
  return position > 0 ? { practice: { cui }, procedure: { code, version }, participants } : null;
}

function isManifest({ role }: OwnDocument): boolean {
  return role === 'manifest';
}

/** The digest of the number before, when that one was voided and so is not issued again. */
function behindVoided(chain: OwnChain, { sequence }: HubEvent, from: number): Sha256 | undefined {
  const before = chain.standing(sequence.number - 1);
  const isVoided = before !== undefined && sequence.number - 1 >= from && chain.voidOf(before.event);
  return isVoided ? before.digest : undefined;
}
