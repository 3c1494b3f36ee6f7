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
  type PracticeRef,
  type Registration,
} from '#contracts';
import { HubError } from '#errors';
import { signFilingReceipt } from '#evidence';
import type { Tx } from '#persistence';
import { documentRef, insertOwnDocuments, type StagedDocument } from '../documents/document-rows.ts';
import { nameDocuments, type NamedDocuments } from '../documents/name-documents.ts';
import type { NodeParts } from '../node-parts.ts';
import { registerOwn } from '../protocol/register-own.ts';
import { mintCui } from './mint-cui.ts';
import { appendOwnEvent, newEventId } from './own-events.ts';
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

/**
 * Takes a practice in: the form is checked against its schema and its facts are read; then, in one transaction, the CUI
 * is minted, the event numbered and signed, the receipt of filing signed, and everything stored with the record to send.
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

  /** @returns what the caller is told; it is only true once `tx` has committed */
  async run(tx: Tx, request: FilingRequest, checked: CheckedFiling): Promise<FilingResult> {
    const at = this.#parts.clock.now();
    const id = newEventId(this.#parts);
    // Before the CUI: its counter is locked to the end, and a manifest takes its time.
    const documents = await this.#name(id, request, at);
    const practice: PracticeRef = {
      owner: this.#parts.ipa,
      uuid: request.practice,
      cui: await mintCui(tx, this.#parts.ipa, at),
    };
    const draft = await composeFiling(
      tx,
      this.#parts,
      { id, practice, documents: documents.named, form: request.form.key.document },
      checked,
      at,
    );
    checkEntitlement({ event: draft, registry: this.#parts.registry, practice: null });
    const message = {
      event: draft,
      documents: documents.all,
      participants: null,
      applicant: applicantIn(checked.reading),
    };
    const { event, segnatura, registration } = await registerOwn(tx, this.#parts, message, at);
    await insertFiled(tx, event, checked);
    await appendOwnEvent(tx, this.#parts, event, at);
    await insertOwnDocuments(tx, event, [...documents.all, segnatura]);
    await this.#issueReceipt(tx, event, registration, request, checked, at);
    return {
      cui: practice.cui,
      practiceId: practice.uuid,
      owner: practice.owner,
      eventId: event.id,
      procedure: checked.procedure.code,
      state: PROVISIONAL_STATE,
      protocol: registration,
    };
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

  async #issueReceipt(
    tx: Tx,
    event: HubEvent,
    protocol: Registration,
    request: FilingRequest,
    { procedure }: CheckedFiling,
    at: Date,
  ): Promise<void> {
    const receipt: FilingReceipt = {
      version: RECEIPT_VERSION,
      practice: event.practice,
      event: event.id,
      time: event.time,
      office: procedure.office,
      procedure: event.procedure,
      term: procedure.terms.proceeding,
      protocol,
      // What the citizen handed in: manifest and segnatura are the node's own.
      documents: [
        filed(request.form, 'form'),
        ...request.attachments.map((attachment) => filed(attachment, 'attachment')),
      ],
    };
    await tx.query('insert into filing_receipt (owner, uuid, bytes) values ($1, $2, $3)', [
      event.practice.owner,
      event.practice.uuid,
      await signFilingReceipt(receipt, this.#parts.signer, at),
    ]);
  }
}

/** Name of the search field in which every procedure's form says who files. */
const APPLICANT_FIELD = 'richiedente';

function applicantIn({ search }: FormReading): string | null {
  const name = search.find((field) => field.name === APPLICANT_FIELD)?.value.trim();
  return name === undefined || name === '' ? null : name;
}

function filed(staged: StagedDocument, role: DocumentRole): FiledDocument {
  return { ...documentRef(staged, role), sha256: staged.stored.sha256 };
}
