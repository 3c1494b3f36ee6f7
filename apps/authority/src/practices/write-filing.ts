/** How a filing becomes an event and a practice: the part of `FilePractice` that neither documents nor register touch. */
import type {
  AcceptedForm,
  DocumentId,
  DocumentRef,
  EventId,
  FormReading,
  HubEvent,
  IstatCode,
  PracticeRef,
  Procedure,
} from '#contracts';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import { composeEvent } from './own-events.ts';
import { insertSearchFields } from './search-fields.ts';

/** State of a filing whose position is not back yet. */
export const PROVISIONAL_STATE = 'started';

/** What the checks found, for the transaction that follows. */
export interface CheckedFiling {
  readonly procedure: Procedure;
  readonly accepted: AcceptedForm;
  readonly reading: FormReading;
  readonly territory: IstatCode;
}

/** What a filing has been given before it is an event. */
export interface FilingIdentity {
  readonly id: EventId;
  readonly practice: PracticeRef;
  readonly documents: readonly DocumentRef[];
  /** Which of the documents is the form. */
  readonly form: DocumentId;
}

/** The event of a filing, numbered, not signed. */
export async function composeFiling(
  tx: Tx,
  parts: NodeParts,
  { form, ...identity }: FilingIdentity,
  { accepted, procedure, reading, territory }: CheckedFiling,
  at: Date,
): Promise<HubEvent> {
  return composeEvent(
    tx,
    parts,
    {
      ...identity,
      office: procedure.office,
      cause: null,
      procedure: { code: procedure.code, version: procedure.version },
      territory,
      facts: reading.facts,
      body: {
        type: 'practice.filed',
        form: {
          namespace: accepted.namespace,
          root: accepted.root,
          version: accepted.version,
          document: form,
        },
      },
    },
    at,
  );
}

/** Stores the practice of a filing with what it is found by; its state is provisional until the position is back. */
export async function insertFiled(tx: Tx, event: HubEvent, { reading }: CheckedFiling): Promise<void> {
  const { practice, procedure } = event;
  await tx.query(
    `insert into practice (owner, uuid, cui, procedure_code, procedure_version, part, territory, filing_event, filed_at, state_code)
     values ($1, $2, $3, $4, $5, 'owner', $6, $7, $8, $9)`,
    [
      practice.owner,
      practice.uuid,
      practice.cui,
      procedure.code,
      procedure.version,
      event.territory,
      event.id,
      event.time,
      PROVISIONAL_STATE,
    ],
  );
  await insertSearchFields(tx, practice, reading.search);
}
