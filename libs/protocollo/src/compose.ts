import { createHash } from 'node:crypto';
import { serializeBody, type HubEvent } from '#contracts';
import type {
  Classification,
  Correspondent,
  EarlierMessage,
  MessageDocument,
  ProtocolId,
  Recipient,
  Segnatura,
} from './model.ts';
import { subjectOf } from './subject.ts';

type Registered = Pick<HubEvent, 'id' | 'author' | 'practice' | 'body'>;

/** What a segnatura is made of. */
export interface SegnaturaParts {
  readonly event: Registered;
  /** The sender's registration. */
  readonly id: ProtocolId;
  /** Of a message that is sent again, its first registration. */
  readonly first: ProtocolId | null;
  /** The procedure's title, in Italian. */
  readonly title: string;
  readonly classification: Classification;
  readonly answers: EarlierMessage | null;
  readonly sender: Correspondent;
  readonly recipients: readonly Recipient[];
  /** The event's documents, the form of a filing or the act first; without manifest and segnatura. */
  readonly documents: readonly MessageDocument[];
}

/**
 * The segnatura of an event. The first document is the primary one; of an act without documents it is the event's body,
 * which every receiver of the event has. The practice is the file (fascicolo) that the message belongs to.
 */
export function composeSegnatura(parts: SegnaturaParts): Segnatura {
  const { event, id, first, title, classification, answers, sender, recipients } = parts;
  const [primary = bodyDocument(event), ...attachments] = parts.documents;
  return {
    id,
    first,
    subject: subjectOf(event, title),
    classification,
    file: { name: `${title}, pratica ${event.practice.cui}`, code: event.practice.cui },
    answers,
    sender,
    recipients,
    primary: { ...primary, description: eventName(event) },
    attachments,
  };
}

/** How the primary document's description names the event, so that a segnatura is of one event only. */
export function eventName({ author, id }: Pick<HubEvent, 'author' | 'id'>): string {
  return `Evento ${author.ipa}/${id}`;
}

/** The body of an event as a document: its canonical bytes (`serializeBody`). */
export function bodyDocument({ body }: Pick<HubEvent, 'body'>): MessageDocument {
  return {
    fileName: `${body.type}.xml`,
    mediaType: 'application/xml',
    digest: createHash('sha256').update(serializeBody(body)).digest('base64'),
  };
}
