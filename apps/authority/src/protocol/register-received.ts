/** How a node registers an event of another body, once it holds all of its documents. */
import { buffer } from 'node:stream/consumers';
import type { DocumentId, DocumentRole, Receipt } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { MAX_SEGNATURA_BYTES, verifySegnatura, type Segnatura } from '#protocollo';
import { receiptOf } from '../inbox/receipts.ts';
import type { Received } from '../inbox/screen-event.ts';
import type { NodeParts } from '../node-parts.ts';
import { numberTakenBefore } from '../recovery/lost-numbers.ts';
import { repeatCancellation } from '../recovery/published-receipts.ts';
import { classificationOf } from './protocol-settings.ts';
import { insertEntries, registrationOf, takeNumber, type NewEntry } from './protocol-rows.ts';

interface HeldDocument {
  readonly id: DocumentId;
  readonly role: DocumentRole;
  readonly sha256: string;
}

/** A segnatura that passed, and where it lies. */
interface Accepted {
  readonly segnatura: Segnatura;
  readonly document: HeldDocument;
}

/**
 * Judges the segnatura of an event whose documents are all here, and registers the message under the node's next number
 * (arrivo), or refuses it without one. Either way the practice goes on: a refusal is a word to the author, not a gap.
 * The caller holds the event's lock and sends the receipt in the same transaction.
 * @returns what to tell the author; null if this event was judged before
 */
export async function registerReceived(
  tx: Tx,
  parts: NodeParts,
  received: Received,
  at: Date,
): Promise<Receipt | null> {
  if (await isJudged(tx, received)) return null;
  try {
    const accepted = await judge(tx, parts, received);
    const { registration } = await register(tx, parts, received, accepted);
    return receiptOf(received, parts.ipa, 'registered', at, null, { registration });
  } catch (error) {
    // What cannot be judged now (a fault of the disk, of the database) is no refusal: the document is marked again later.
    if (!(error instanceof HubError) || !error.code.startsWith('PROTOCOL_')) throw error;
    await tx.query(
      `insert into protocol_refusal (author, event_id, code, reason, at) values ($1, $2, $3, $4, $5)`,
      [received.event.author.ipa, received.event.id, error.code, error.message, at],
    );
    return receiptOf(received, parts.ipa, 'registration-refused', at, error.code);
  }
}

async function isJudged(tx: Tx, { event }: Received): Promise<boolean> {
  const found = await tx.query(
    `select 1 as judged from protocol where author = $1 and event_id = $2
     union all select 1 from protocol_refusal where author = $1 and event_id = $2`,
    [event.author.ipa, event.id],
  );
  return found.length > 0;
}

/** @throws HubError the anomalies of `verifySegnatura`; faults of the store */
async function judge(tx: Tx, parts: NodeParts, { event, decision }: Received): Promise<Accepted> {
  const held = await tx.query<HeldDocument>(
    `select document_id as id, role, sha256 from document where author = $1 and event_id = $2`,
    [event.author.ipa, event.id],
  );
  const [document, second] = held.filter(({ role }) => role === 'segnatura');
  if (document === undefined || second !== undefined)
    throw new HubError(
      'PROTOCOL_NOT_RECEIVABLE',
      `the event has ${second ? 'more than one' : 'no'} segnatura`,
    );
  const digests = held
    .filter(({ role }) => role !== 'segnatura' && role !== 'manifest')
    .map(({ sha256 }) => Buffer.from(sha256, 'hex').toString('base64'));
  const bytes = await readSegnaturaBytes(parts, event.practice, document.id);
  const judged = { event, digests };
  const segnatura = verifySegnatura(bytes, parts.registry, new Date(decision.time), judged);
  return { segnatura, document };
}

/** The whole of a stored segnatura. @throws HubError `PROTOCOL_NOT_RECEIVABLE` for one that is too large */
async function readSegnaturaBytes(
  { documents }: NodeParts,
  { owner, uuid }: Received['event']['practice'],
  document: DocumentId,
): Promise<Buffer> {
  const key = { owner, practice: uuid, document };
  const { size } = await documents.stat(key);
  if (size > MAX_SEGNATURA_BYTES)
    throw new HubError('PROTOCOL_NOT_RECEIVABLE', `the segnatura has ${size} bytes`);
  return buffer(documents.open(key));
}

async function register(
  tx: Tx,
  parts: NodeParts,
  { event }: Received,
  { segnatura, document }: Accepted,
): Promise<{ readonly registration: NonNullable<Receipt['registration']> }> {
  const taken =
    (await numberTakenBefore(tx, parts.ipa, { author: event.author.ipa, id: event.id })) ??
    (await takeNumber(tx, parts));
  const { sender, id, subject, primary } = segnatura;
  const entry: NewEntry = {
    event,
    direction: 'in',
    subject,
    classification: classificationOf(parts.protocol, event.procedure.code),
    correspondents: [{ name: sender.name, ipa: sender.ipa }],
    sent: id,
    first: null,
    segnatura: { document: document.id, sha256: document.sha256 },
    primarySha256: Buffer.from(primary.digest, 'base64').toString('hex'),
  };
  await insertEntries(tx, [{ taken, entry }]);
  await repeatCancellation(tx, event.author.ipa, event.id);
  return { registration: registrationOf(taken.id) };
}
