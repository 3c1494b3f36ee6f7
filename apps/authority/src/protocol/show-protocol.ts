import type { Reader } from '#access-log';
import { parseDocumentId, parseReceipt, parseSignedItem, type Receipt } from '#contracts';
import type { DocumentKey } from '#documents';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { anomalyOf, answerMessage, writeProtocolMessage, type Answer, type ProtocolId } from '#protocollo';
import type { NodeParts } from '../node-parts.ts';
import { findPractice, type PracticeRow } from '../practices/practice-rows.ts';
import type { WantedEvent } from '../practices/show-practice.ts';
import { entryView, eventPath, eventTag, type EntryView } from './entry-view.ts';
import {
  cancellationIn,
  ENTRY_COLUMNS,
  ENTRY_TABLES,
  entryOf,
  registrationIn,
  type EntryRow,
} from './protocol-rows.ts';

/** What another body, or this one, said of the registration of an event. */
export interface AnswerView {
  readonly by: string;
  readonly author: string;
  readonly eventId: string;
  readonly kind: Receipt['kind'];
  readonly time: string;
  /** Of a refusal, AgID's code. */
  readonly anomaly: string | null;
  readonly registration: Receipt['registration'];
  readonly cancellation: Receipt['cancellation'];
  /** Path of the XML: ConfermaRicezione, NotificaEccezione or AnnullamentoProtocollazione. */
  readonly message: string;
}

/** The protocol of a practice as this node knows it. */
export interface PracticeProtocol {
  readonly cui: string;
  /** This node's own register. */
  readonly entries: readonly EntryView[];
  /** What this node refused to register. */
  readonly refused: readonly AnswerView[];
  /** What others said: of this node's events, and of their own. */
  readonly answers: readonly AnswerView[];
}

/** What a message is about: the registration itself (or its refusal), or its cancellation. */
export type MessageKind = 'confirmation' | 'cancellation';

interface RefusalRow {
  readonly author: Receipt['event']['author'];
  readonly eventId: Receipt['event']['id'];
  readonly code: string;
  readonly at: Date;
}

/** Shows what was registered of a practice, here and elsewhere, and the XML that says so. */
export class ShowProtocol {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /** @throws HubError `PRACTICE_NOT_FOUND`, `PRACTICE_AMBIGUOUS` */
  practice(id: string, owner: string | undefined, reader: Reader | null): Promise<PracticeProtocol> {
    return this.#parts.work.answer(async (tx) => {
      const practice = await findPractice(tx, id, owner);
      await this.#parts.accesses.note(tx, reader, { kind: 'protocol', practice, id: null });
      const place = [practice.owner, practice.uuid] as const;
      const entries = await tx.query<EntryRow>(
        `select ${ENTRY_COLUMNS} from ${ENTRY_TABLES} where t.owner = $1 and t.uuid = $2 order by t.year, t.number`,
        place,
      );
      const refusals = await tx.query<RefusalRow>(
        `select r.author, r.event_id as "eventId", r.code, r.at from protocol_refusal r
         join event e using (author, event_id) where e.owner = $1 and e.uuid = $2 order by r.at`,
        place,
      );
      const receipts = await tx.query<{ bytes: Buffer }>(
        `select r.bytes from receipt r join event e using (author, event_id)
         where e.owner = $1 and e.uuid = $2 and r.kind like 'regist%' order by r.time, r.by`,
        place,
      );
      return {
        cui: practice.cui,
        entries: entries.map(entryView),
        refused: refusals.map((row) => answerView(this.#refusal(row), row.at.toISOString(), practice)),
        answers: receipts.map(({ bytes }) => {
          const receipt = receiptIn(bytes);
          return answerView(receipt, receipt.time, practice);
        }),
      };
    });
  }

  /** Where the segnatura of an event lies in the store. @throws HubError `SEGNATURA_NOT_HERE`, those of `#event` */
  segnatura(wanted: WantedEvent, reader: Reader | null): Promise<DocumentKey> {
    return this.#parts.work.answer(async (tx) => {
      const { practice, author } = await findEvent(tx, wanted);
      await this.#parts.accesses.note(tx, reader, { kind: 'segnatura', practice, id: wanted.event });
      const [row] = await tx.query<{ id: string }>(
        `select document_id as id from document
         where author = $1 and event_id = $2 and role = 'segnatura' and status = 'complete'`,
        [author, wanted.event],
      );
      if (!row) throw new HubError('SEGNATURA_NOT_HERE', `event ${wanted.event} has no segnatura here`);
      return { owner: practice.owner, practice: practice.uuid, document: parseDocumentId(row.id) };
    });
  }

  /**
   * What a body said of the registration of an event, as AgID's XML. The same bytes at whoever said it and at whoever
   * was told, since both follow from the same facts.
   * @param by IPA code of the body that speaks; this node's own if undefined
   * @param reader who asks
   * @throws HubError `CONFIRMATION_NOT_HERE`, `PRACTICE_NOT_FOUND`, `EVENT_NOT_FOUND`, `EVENT_AMBIGUOUS`
   */
  message(
    wanted: WantedEvent,
    kind: MessageKind,
    by: string | undefined,
    reader: Reader | null,
  ): Promise<Buffer> {
    return this.#parts.work.answer(async (tx) => {
      const { practice, author } = await findEvent(tx, wanted);
      await this.#parts.accesses.note(tx, reader, { kind: 'protocol-message', practice, id: wanted.event });
      const entry = await entryOf(tx, author, wanted.event);
      const isOwn = by === undefined || by.toLowerCase() === this.#parts.ipa.toLowerCase();
      const answer = isOwn
        ? await this.#ownAnswer(tx, wanted, author, entry, kind)
        : await receivedAnswer(tx, wanted, author, by, kind);
      const message = answer && answerMessage(answer, sentBy(answer, entry));
      if (message) return writeProtocolMessage(message);
      throw new HubError(
        'CONFIRMATION_NOT_HERE',
        `no ${kind} of ${by ?? this.#parts.ipa} for event ${wanted.event}`,
      );
    });
  }

  async #ownAnswer(
    tx: Tx,
    { event }: WantedEvent,
    author: Receipt['event']['author'],
    entry: EntryRow | undefined,
    kind: MessageKind,
  ): Promise<Answer | null> {
    if (entry !== undefined) return this.#registered(entry, kind);
    const [row] = await tx.query<RefusalRow>(
      `select author, event_id as "eventId", code, at from protocol_refusal where author = $1 and event_id = $2`,
      [author, event],
    );
    return row && kind === 'confirmation' ? this.#refusal(row) : null;
  }

  #registered(entry: EntryRow, kind: MessageKind): Answer | null {
    const cancellation = cancellationIn(entry);
    const isConfirmation = kind === 'confirmation';
    // A body confirms what it received, not what it sent.
    const isSaid = isConfirmation ? entry.sent !== null : cancellation !== null;
    if (!isSaid) return null;
    return {
      by: this.#parts.ipa,
      kind: isConfirmation ? 'registered' : 'registration-cancelled',
      event: { author: entry.author, id: entry.eventId },
      code: null,
      registration: registrationIn(entry),
      cancellation: isConfirmation ? null : cancellation,
    };
  }

  #refusal({ author, eventId, code }: RefusalRow): Answer {
    return {
      by: this.#parts.ipa,
      kind: 'registration-refused',
      event: { author, id: eventId },
      code,
      registration: null,
      cancellation: null,
    };
  }
}

async function findEvent(
  tx: Tx,
  wanted: WantedEvent,
): Promise<{ readonly practice: PracticeRow; readonly author: Receipt['event']['author'] }> {
  const practice = await findPractice(tx, wanted.practice, wanted.owner);
  const rows = await tx.query<{ author: Receipt['event']['author'] }>(
    `select author from event
     where owner = $1 and uuid = $2 and event_id = $3 and ($4::text is null or lower(author) = lower($4))`,
    [practice.owner, practice.uuid, wanted.event, wanted.author ?? null],
  );
  const [row] = rows;
  if (!row) throw new HubError('EVENT_NOT_FOUND', `practice ${practice.cui} has no event ${wanted.event}`);
  if (rows.length === 1) return { practice, author: row.author };
  throw new HubError('EVENT_AMBIGUOUS', `${rows.length} authors have used the event id ${wanted.event}`);
}

async function receivedAnswer(
  tx: Tx,
  { event }: WantedEvent,
  author: string,
  by: string,
  kind: MessageKind,
): Promise<Answer | null> {
  const kinds: readonly Receipt['kind'][] =
    kind === 'confirmation' ? ['registered', 'registration-refused'] : ['registration-cancelled'];
  const [row] = await tx.query<{ bytes: Buffer }>(
    `select bytes from receipt
     where author = $1 and event_id = $2 and lower(by) = lower($3) and kind = any($4::text[])`,
    [author, event, by, kinds],
  );
  return row ? receiptIn(row.bytes) : null;
}

/** The registration at the event's author: its own entry there, what the segnatura said elsewhere. */
function sentBy({ event }: Answer, entry: EntryRow | undefined): ProtocolId | null {
  if (entry === undefined) return null;
  return entry.sent ?? { body: event.author, ...registrationIn(entry) };
}

/** A receipt was verified when it arrived; here it is only read. */
function receiptIn(bytes: Buffer): Receipt {
  return parseReceipt(parseSignedItem(bytes).item);
}

function answerView(answer: Answer, time: string, { owner, uuid }: PracticeRow): AnswerView {
  const { by, kind, event, code, registration, cancellation } = answer;
  const { author, id: eventId } = event;
  const message = kind === 'registration-cancelled' ? 'cancellation' : 'confirmation';
  const query = `${eventTag({ owner, author })}&by=${encodeURIComponent(by)}`;
  return {
    by,
    author,
    eventId,
    kind,
    time,
    anomaly: kind === 'registration-refused' ? anomalyOf(code) : null,
    registration,
    cancellation,
    message: `${eventPath({ uuid, eventId })}/${message}${query}`,
  };
}
