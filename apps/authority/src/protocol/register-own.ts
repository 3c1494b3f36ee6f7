/** How a node registers an event of its own: number, segnatura and seal in the transaction that writes the event. */
import { Readable } from 'node:stream';
import {
  parseDocumentId,
  route,
  sameIpa,
  type HubEvent,
  type Participant,
  type Registration,
} from '#contracts';
import { signXml } from '#evidence';
import { forEach, type Tx } from '#persistence';
import { zip } from '#platform';
import {
  composeSegnatura,
  MAX_SEGNATURA_BYTES,
  writeSegnatura,
  type Correspondent,
  type MessageDocument,
  type ProtocolId,
  type Recipient,
  type Segnatura,
} from '#protocollo';
import { documentRef, type OwnDocument, type StagedDocument } from '../documents/document-rows.ts';
import type { NodeParts } from '../node-parts.ts';
import { earlierMessage } from './earlier-message.ts';
import { classificationOf } from './protocol-settings.ts';
import {
  entryOf,
  insertEntries,
  registrationIn,
  registrationOf,
  takeNumber,
  takeNumbers,
  type Direction,
  type NewEntry,
  type NumberedEntry,
  type RegisteredCorrespondent,
  type TakenNumber,
} from './protocol-rows.ts';

const SEGNATURA_NAME = 'Segnatura.xml';
const SEGNATURA_MEDIA_TYPE = 'application/xml';

/** What is registered: the event to be, with its documents but the segnatura, and who it concerns. */
export interface OwnMessage {
  readonly event: HubEvent;
  /** All of them, those that a manifest lists too. */
  readonly documents: readonly OwnDocument[];
  /** Those of the practice; null for a filing, whose participants the routing rules tell. */
  readonly participants: readonly Participant[] | null;
  /** Of a filing: who handed it in, if the form tells. */
  readonly applicant: string | null;
}

/** An own event that is registered: it names its segnatura, and nothing of it is true before the commit. */
export interface RegisteredMessage {
  readonly event: HubEvent;
  readonly segnatura: OwnDocument;
  readonly registration: Registration;
}

/**
 * Gives the event its number in the register, writes and seals its segnatura, stores it as a document of the event, and
 * records the entry. The register is locked from here to the end of the transaction: an error or a crash takes number
 * and entry back, and leaves at most a file that no event names, which is swept.
 * @throws HubError of `route` for a filing whose recipients the registry does not know
 */
export async function registerOwn(
  tx: Tx,
  parts: NodeParts,
  message: OwnMessage,
  at: Date,
): Promise<RegisteredMessage> {
  const sealed = await seal(tx, parts, message, await takeNumber(tx, parts), at);
  await insertEntries(tx, [sealed.numbered]);
  return sealed.registered;
}

/**
 * The same for several events, which get numbers one behind the other.
 * @throws SomeFailed with the errors of `registerOwn`
 */
export async function registerAllOwn(
  tx: Tx,
  parts: NodeParts,
  messages: readonly OwnMessage[],
  at: Date,
): Promise<RegisteredMessage[]> {
  const numbers = await takeNumbers(tx, parts, messages.length);
  const sealed = await forEach(zip(messages, numbers), ([message, taken]) =>
    seal(tx, parts, message, taken, at),
  );
  await insertEntries(
    tx,
    sealed.map(({ numbered }) => numbered),
  );
  return sealed.map(({ registered }) => registered);
}

async function seal(
  tx: Tx,
  parts: NodeParts,
  message: OwnMessage,
  taken: TakenNumber,
  at: Date,
): Promise<{ readonly numbered: NumberedEntry; readonly registered: RegisteredMessage }> {
  const { event } = message;
  const recipients = recipientsOf(parts, message);
  const procedure = parts.registry.procedure(event.procedure.code, event.procedure.version);
  const first = event.replaces && (await firstRegistration(tx, parts, event.replaces));
  const segnatura = composeSegnatura({
    event,
    id: taken.id,
    first,
    title: procedure?.title.it ?? event.procedure.code,
    classification: classificationOf(parts.protocol, event.procedure.code),
    answers: event.cause && (await earlierMessage(tx, parts, event.cause)),
    sender: { ...correspondent(parts, parts.ipa), aoo: taken.id.aoo, office: event.author.office },
    recipients,
    documents: message.documents.flatMap(messageDocument),
  });
  const staged = await store(parts, event, segnatura, at);
  const entry: NewEntry = {
    event,
    direction: directionOf(parts, message, recipients),
    subject: segnatura.subject,
    classification: segnatura.classification,
    correspondents: correspondentsOf(message, recipients),
    sent: null,
    first,
    segnatura: { document: staged.key.document, sha256: staged.stored.sha256 },
    primarySha256: Buffer.from(segnatura.primary.digest, 'base64').toString('hex'),
  };
  return {
    numbered: { taken, entry },
    registered: {
      event: { ...event, documents: [...event.documents, documentRef(staged, 'segnatura')] },
      segnatura: { staged, role: 'segnatura' },
      registration: registrationOf(taken.id),
    },
  };
}

/** Of an event that is issued again: under which registration it was sent first. That one stands. */
async function firstRegistration(
  tx: Tx,
  { ipa }: NodeParts,
  replaced: HubEvent['id'],
): Promise<ProtocolId | null> {
  const entry = await entryOf(tx, ipa, replaced);
  if (entry === undefined) return null;
  return entry.first ?? { body: ipa, ...registrationIn(entry) };
}

async function store(
  parts: NodeParts,
  { practice }: HubEvent,
  segnatura: Segnatura,
  at: Date,
): Promise<StagedDocument> {
  const bytes = await signXml(writeSegnatura(segnatura), parts.signer, at);
  const key = {
    owner: practice.owner,
    practice: practice.uuid,
    document: parseDocumentId(parts.ids.uuid()),
  };
  const options = { maxBytes: MAX_SEGNATURA_BYTES, name: SEGNATURA_NAME };
  const stored = await parts.documents.put(key, Readable.from([bytes]), options);
  return { key, stored, mediaType: SEGNATURA_MEDIA_TYPE };
}

/** The other bodies that the event is for; this one itself if there is nobody else. */
function recipientsOf(parts: NodeParts, { event, participants }: OwnMessage): Recipient[] {
  const concerned = participants ?? route(event, parts.registry).participants;
  const others = concerned.filter(({ ipa }) => !sameIpa(ipa, parts.ipa));
  if (others.length === 0) return [{ ...correspondent(parts, parts.ipa), confirms: false, informed: false }];
  return others.map(({ ipa, joined, part }) => ({
    ...correspondent(parts, ipa),
    // Those that are not joined are told by PEC, and have no register that could answer.
    confirms: joined,
    informed: part === 'informed',
  }));
}

function correspondent({ registry }: NodeParts, ipa: Participant['ipa']): Correspondent {
  const body = registry.body(ipa);
  return body === undefined ? { name: ipa, ipa } : { name: body.name, ipa: body.ipa, pec: body.pec };
}

/** A filing came in at the desk, whoever it is passed on to; an act goes out, unless it concerns nobody else. */
function directionOf(parts: NodeParts, { event }: OwnMessage, recipients: readonly Recipient[]): Direction {
  if (event.type === 'practice.filed') return 'in';
  return recipients.every(({ ipa }) => sameIpa(ipa, parts.ipa)) ? 'internal' : 'out';
}

function correspondentsOf(
  { event, applicant }: OwnMessage,
  recipients: readonly Recipient[],
): RegisteredCorrespondent[] {
  if (event.type === 'practice.filed') return applicant === null ? [] : [{ name: applicant }];
  return recipients.map(({ name, ipa }) => ({ name, ipa }));
}

/** A manifest is the node's own way of listing: the message is what it lists. */
function messageDocument({ staged, role }: OwnDocument): MessageDocument[] {
  if (role === 'manifest') return [];
  const { stored, key, mediaType } = staged;
  return [{ fileName: stored.name ?? key.document, mediaType, digest: base64(stored.sha256) }];
}

function base64(sha256: string): string {
  return Buffer.from(sha256, 'hex').toString('base64');
}
