import {
  checkEntitlement,
  extractFacts,
  rootOf,
  type Cui,
  type DocumentRole,
  type EventId,
  type FiledDocument,
  type FilingReceipt,
  type FormReading,
  type HubEvent,
  type IstatCode,
  type PracticeId,
  type Registration,
} from '#contracts';
import { HubError } from '#errors';
import { signFilingReceipt } from '#evidence';
import { forEach, sliced, type Tx } from '#persistence';
import { zip } from '#platform';
import { documentRef, insertAllOwnDocuments, type StagedDocument } from '../documents/document-rows.ts';
import { nameDocuments, type NamedDocuments } from '../documents/name-documents.ts';
import type { NodeParts } from '../node-parts.ts';
import { registerAllOwn } from '../protocol/register-own.ts';
import { mintCuis } from './mint-cui.ts';
import { appendOwnEvents, newEventId } from './own-events.ts';
import { APPLICANT_FIELD } from './search-fields.ts';
import { composeFiling, insertFiled, PROVISIONAL_STATE, type CheckedFiling } from './write-filing.ts';

/** A filing as the desk or the partner system hands it over; its documents are in the store already. */
export interface FilingRequest {
  readonly practice: PracticeId;
  readonly procedure: string;
  readonly form: StagedDocument;
  /** The form's bytes, for validation and for its facts. */
  readonly formXml: Buffer;
  readonly attachments: readonly StagedDocument[];
  /** Given by the caller; the form's own, or the owner's municipality, if absent. */
  readonly territory: IstatCode | null;
}

export interface FilingResult {
  readonly cui: Cui;
  readonly practiceId: PracticeId;
  readonly owner: string;
  readonly eventId: EventId;
  readonly procedure: string;
  readonly state: string;
  /** Under which this body registered the filing. */
  readonly protocol: Registration;
}

const RECEIPT_VERSION = '1.0';

/** A filing that nothing is known against. */
export interface Filing {
  readonly request: FilingRequest;
  readonly checked: CheckedFiling;
}

/**
 * Takes practices in: each form is checked against its schema and its facts are read; then, in one transaction for those
 * that come together, CUIs are minted, events numbered and signed, receipts of filing signed, and everything stored with
 * the records to send.
 */
export class FilePractice {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /** What can be refused before anything is written: procedure, form, territory. */
  check(request: FilingRequest): CheckedFiling {
    const procedure = this.#parts.registry.latestProcedure(request.procedure);
    if (!procedure) {
      throw new HubError('PROCEDURE_UNKNOWN', `no procedure ${request.procedure}`, {
        details: { code: request.procedure },
      });
    }
    const root = rootOf(request.formXml);
    const accepted = procedure.forms.find(
      (form) => form.namespace === root.namespace && form.root === root.root,
    );
    if (!accepted) {
      throw new HubError(
        'FORM_NOT_ACCEPTED',
        `${procedure.code} does not accept {${root.namespace}}${root.root}`,
        {
          details: {
            namespace: root.namespace,
            root: root.root,
            accepted: procedure.forms.map((form) => form.namespace),
          },
        },
      );
    }
    this.#parts.registry.compiledForm(accepted.namespace, accepted.root).validate(request.formXml);
    const reading = extractFacts(request.formXml, accepted);
    return { procedure, accepted, reading, territory: this.#territory(request, reading) };
  }

  /**
   * @returns what the callers are told, in their order; it is only true once `tx` has committed
   * @throws SomeFailed with what is wrong with each filing that cannot be taken in
   */
  async run(tx: Tx, filings: readonly Filing[]): Promise<FilingResult[]> {
    const parts = this.#parts;
    const at = parts.clock.now();
    // Before the CUIs: their counter is locked to the end, and a manifest takes its time.
    const named = await forEach(filings, async (filing) => {
      const id = newEventId(parts);
      return { ...filing, id, documents: await this.#name(id, filing.request, at) };
    });
    const cuis = await mintCuis(tx, parts.ipa, at, filings.length);
    const drafts = await forEach(zip(named, cuis), ([{ request, checked, id, documents }, cui]) => {
      const practice = { owner: parts.ipa, uuid: request.practice, cui };
      const identity = { id, practice, documents: documents.named, form: request.form.key.document };
      const event = composeFiling(parts, identity, checked, at);
      checkEntitlement({ event, registry: parts.registry, practice: null });
      return {
        event,
        documents: documents.all,
        participants: null,
        applicant: applicantIn(checked.reading),
      };
    });
    const registered = await registerAllOwn(tx, parts, drafts, at);
    const written = zip(named, registered).map(([filing, message]) => ({ ...filing, ...message }));
    const events = written.map(({ event }) => event);
    await insertFiled(
      tx,
      written.map(({ event, checked: { reading } }) => ({ event, reading })),
    );
    await appendOwnEvents(tx, parts, events, at);
    await insertAllOwnDocuments(
      tx,
      written.map(({ event, documents: { all }, segnatura }) => ({ event, documents: [...all, segnatura] })),
    );
    await this.#issueReceipts(tx, written, at);
    return written.map(resultOf);
  }

  #territory(request: FilingRequest, reading: FormReading): IstatCode {
    const territory =
      request.territory ?? reading.territory ?? this.#parts.registry.body(this.#parts.ipa)?.istat;
    if (territory !== undefined && this.#parts.registry.municipality(territory)) return territory;
    throw new HubError(
      'MUNICIPALITY_UNKNOWN',
      `the registry knows no municipality ${territory ?? '(none given)'}`,
      {
        details: { istat: territory ?? null },
      },
    );
  }

  #name(id: EventId, { practice, form, attachments }: FilingRequest, at: Date): Promise<NamedDocuments> {
    return nameDocuments(
      this.#parts,
      { id, practice: { owner: this.#parts.ipa, uuid: practice } },
      [
        { staged: form, role: 'form' },
        ...attachments.map((staged) => ({ staged, role: 'attachment' as const })),
      ],
      at,
    );
  }

  async #issueReceipts(tx: Tx, written: readonly Written[], at: Date): Promise<void> {
    const signed = await forEach(written, (one) => signFilingReceipt(receiptOf(one), this.#parts.signer, at));
    const { whole, starts, sizes } = sliced(signed);
    tx.write(
      `insert into filing_receipt (owner, uuid, bytes)
       select r.owner, r.uuid, substring($3::bytea from r.start for r.size)
       from unnest($1::text[], $2::uuid[], $4::int[], $5::int[]) as r(owner, uuid, start, size)`,
      [
        written.map(({ event }) => event.practice.owner),
        written.map(({ event }) => event.practice.uuid),
        whole,
        starts,
        sizes,
      ],
    );
  }
}

/** A filing that is an event, and stands in the register. */
interface Written extends Filing {
  readonly event: HubEvent;
  readonly registration: Registration;
}

function resultOf({ event, checked, registration }: Written): FilingResult {
  return {
    cui: event.practice.cui,
    practiceId: event.practice.uuid,
    owner: event.practice.owner,
    eventId: event.id,
    procedure: checked.procedure.code,
    state: PROVISIONAL_STATE,
    protocol: registration,
  };
}

function receiptOf({ event, request, checked: { procedure }, registration }: Written): FilingReceipt {
  return {
    version: RECEIPT_VERSION,
    practice: event.practice,
    event: event.id,
    time: event.time,
    office: procedure.office,
    procedure: event.procedure,
    term: procedure.terms.proceeding,
    protocol: registration,
    // What the citizen handed in: manifest and segnatura are the node's own.
    documents: [
      filed(request.form, 'form'),
      ...request.attachments.map((attachment) => filed(attachment, 'attachment')),
    ],
  };
}

function applicantIn({ search }: FormReading): string | null {
  const name = search.find((field) => field.name === APPLICANT_FIELD)?.value.trim();
  return name === undefined || name === '' ? null : name;
}

function filed(staged: StagedDocument, role: DocumentRole): FiledDocument {
  return { ...documentRef(staged, role), sha256: staged.stored.sha256 };
}
