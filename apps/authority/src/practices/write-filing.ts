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
import { composeFirst } from './own-events.ts';
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

/** The event of a filing, the first of its practice, not signed. */
export function composeFiling(
  parts: NodeParts,
  { form, ...identity }: FilingIdentity,
  { accepted, procedure, reading, territory }: CheckedFiling,
  at: Date,
): HubEvent {
  return composeFirst(
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

/** A filing that is an event. */
export interface WrittenFiling {
  readonly event: HubEvent;
  readonly reading: FormReading;
}

/** Stores the practices of filings with what they are found by; their state is provisional until the position is back. */
export async function insertFiled(tx: Tx, filings: readonly WrittenFiling[]): Promise<void> {
  const events = filings.map(({ event }) => event);
  tx.write(
    `insert into practice (owner, uuid, cui, procedure_code, procedure_version, part, territory, filing_event, filed_at, state_code)
     select p.owner, p.uuid, p.cui, p.code, p.version, 'owner', p.territory, p.filing, p.filed_at, $9
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::text[], $7::uuid[], $8::timestamptz[])
       as p(owner, uuid, cui, code, version, territory, filing, filed_at)`,
    [
      events.map(({ practice }) => practice.owner),
      events.map(({ practice }) => practice.uuid),
      events.map(({ practice }) => practice.cui),
      events.map(({ procedure }) => procedure.code),
      events.map(({ procedure }) => procedure.version),
      events.map(({ territory }) => territory),
      events.map(({ id }) => id),
      events.map(({ time }) => time),
      PROVISIONAL_STATE,
    ],
  );
  await insertSearchFields(
    tx,
    filings.map(({ event, reading }) => ({ practice: event.practice, search: reading.search })),
  );
}
