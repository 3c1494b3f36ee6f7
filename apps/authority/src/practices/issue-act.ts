import {
  checkEntitlement,
  type EventBody,
  type EventId,
  type HubEvent,
  type IpaCode,
  type Participant,
  type Registration,
  type PracticeId,
  type PracticeRef,
} from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { insertOwnDocuments, type StagedDocument } from '../documents/document-rows.ts';
import { nameDocuments } from '../documents/name-documents.ts';
import type { NodeParts } from '../node-parts.ts';
import { registerOwn } from '../protocol/register-own.ts';
import { appendOwnEvent, composeEvent, newEventId } from './own-events.ts';

/** An act on a practice that this node takes part in; its documents are in the store already. */
export interface ActRequest {
  readonly owner: IpaCode;
  readonly practice: PracticeId;
  readonly body: EventBody;
  readonly cause: HubEvent['cause'];
  readonly documents: readonly StagedDocument[];
}

export interface ActResult {
  readonly cui: string;
  readonly practiceId: PracticeId;
  readonly eventId: EventId;
  readonly type: string;
  /** An act is provisional until the router's decision is back. */
  readonly status: 'provisional';
  /** Under which this body registered the act. */
  readonly protocol: Registration;
}

interface PracticeRow {
  readonly cui: PracticeRef['cui'];
  readonly code: string;
  readonly version: number;
  readonly territory: HubEvent['territory'];
  readonly position: number;
  readonly participants: readonly Participant[];
}

/** Writes an act of this authority: entitled by the same function that the router applies, numbered, signed, stored. */
export class IssueAct {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /**
   * @returns what the caller is told; it is only true once `tx` has committed
   * @throws HubError `PRACTICE_NOT_FOUND`, `PRACTICE_NOT_PLACED`, `TYPE_NOT_GRANTED`, `NOT_A_PARTICIPANT`
   */
  async run(tx: Tx, request: ActRequest): Promise<ActResult> {
    const at = this.#parts.clock.now();
    const row = await this.#lockPractice(tx, request);
    const practice: PracticeRef = { owner: request.owner, uuid: request.practice, cui: row.cui };
    const id = newEventId(this.#parts);
    const documents = await nameDocuments(
      this.#parts,
      { id, practice },
      request.documents.map((staged) => ({ staged, role: roleOf(request.body) })),
      at,
    );
    const draft = await composeEvent(
      tx,
      this.#parts,
      {
        id,
        practice,
        office: this.#parts.registry.body(this.#parts.ipa)?.office ?? '',
        cause: request.cause,
        procedure: { code: row.code, version: row.version },
        territory: row.territory,
        facts: [],
        documents: documents.named,
        body: request.body,
      },
      at,
    );
    checkEntitlement({
      event: draft,
      registry: this.#parts.registry,
      practice:
        row.position > 0 ? { practice, procedure: draft.procedure, participants: row.participants } : null,
    });
    const { participants } = row;
    const message = { event: draft, documents: documents.all, participants, applicant: null };
    const { event, segnatura, registration } = await registerOwn(tx, this.#parts, message, at);
    await appendOwnEvent(tx, this.#parts, event, at);
    await insertOwnDocuments(tx, event, [...documents.all, segnatura]);
    return {
      cui: row.cui,
      practiceId: practice.uuid,
      eventId: event.id,
      type: event.type,
      status: 'provisional',
      protocol: registration,
    };
  }

  async #lockPractice(tx: Tx, { owner, practice, body }: ActRequest): Promise<PracticeRow> {
    const [row] = await tx.query<PracticeRow>(
      `select cui, procedure_code as code, procedure_version as version, territory, position, participants
       from practice where owner = $1 and uuid = $2 for update`,
      [owner, practice],
    );
    if (!row) throw new HubError('PRACTICE_NOT_FOUND', `this node holds no practice ${owner}/${practice}`);
    // Who takes part is settled by the router's decision on the filing. Until then its owner can only void it.
    if (row.position > 0 || body.type === 'event.voided') return row;
    throw new HubError('PRACTICE_NOT_PLACED', `the filing of ${row.cui} has no position yet`);
  }
}

/** The kind of document that goes with an act: proof of a PEC, what the citizen adds, or the act itself. */
function roleOf(body: EventBody): 'notification' | 'attachment' | 'act' {
  if (body.type === 'external.notified') return 'notification';
  if (body.type === 'integration.provided' || body.type === 'correction.provided') return 'attachment';
  return 'act';
}
