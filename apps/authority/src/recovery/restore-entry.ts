/** Writes the entry of an own event again, from the segnatura that carries its number. */
import { buffer } from 'node:stream/consumers';
import { sameIpa, type HubEvent } from '#contracts';
import { verifySigned } from '#evidence';
import type { Tx } from '#persistence';
import { MAX_SEGNATURA_BYTES, readSegnatura, type Segnatura } from '#protocollo';
import type { StagedDocument } from '../documents/document-rows.ts';
import type { NodeParts } from '../node-parts.ts';
import { insertEntries, type Direction, type RegisteredCorrespondent } from '../protocol/protocol-rows.ts';
import { givenNumber, noteGiven } from './lost-numbers.ts';
import { repeatCancellation } from './published-receipts.ts';

/** A segnatura of this node's, its seal verified. */
export interface HeldSegnatura {
  readonly segnatura: Segnatura;
  readonly document: StagedDocument;
}

/** @throws HubError of `verifySigned` and `readSegnatura` */
export async function readOwnSegnatura(
  { documents, registry }: Pick<NodeParts, 'documents' | 'registry'>,
  document: StagedDocument,
  at: Date,
): Promise<HeldSegnatura> {
  const bytes = await buffer(documents.open(document.key));
  verifySigned(bytes, registry, at, { maxBytes: MAX_SEGNATURA_BYTES });
  return { segnatura: readSegnatura(bytes), document };
}

/** Registers an adopted event under the number that it was given. Its cancellation, if it was told, comes with it. */
export async function restoreEntry(
  tx: Tx,
  parts: Pick<NodeParts, 'ipa'>,
  event: HubEvent,
  { segnatura, document }: HeldSegnatura,
  applicant: string | null,
  now: Date,
): Promise<void> {
  const author = event.author.ipa;
  const { id, subject, classification, first, primary } = segnatura;
  const given = givenNumber(id, { author, id: event.id });
  await noteGiven(tx, [given], now);
  const [known] = await tx.query(
    `select 1 as known from protocol
     where (author = $1 and event_id = $2) or (register = $3 and year = $4 and number = $5)`,
    [author, event.id, given.register, given.year, given.number],
  );
  if (known) return;
  await passThrough(tx, given.register, given.year, given.number, now);
  const [at] = await tx.query<{ at: Date }>(`select ($1::date + $2::time) at time zone 'Europe/Rome' as at`, [
    id.date,
    (id.time ?? '00:00:00').slice(0, 8),
  ]);
  const entry = {
    ...{ event, subject, classification, first, sent: null },
    direction: directionOf(parts, event, segnatura),
    correspondents: correspondentsOf(event, segnatura, applicant),
    segnatura: { document: document.key.document, sha256: document.stored.sha256 },
    primarySha256: Buffer.from(primary.digest, 'base64').toString('hex'),
  };
  const taken = { at: at?.at ?? now, year: given.year, number: given.number, id };
  await insertEntries(tx, [{ taken, entry }]);
  await repeatCancellation(tx, author, event.id);
}

/** The register admits a number only behind another: those before it are lost until their messages are found, too. */
async function passThrough(tx: Tx, register: string, year: number, number: number, now: Date): Promise<void> {
  await tx.query(
    `insert into protocol_lost (register, year, number, found_at)
     select $1, $2, n, $4 from generate_series(
       coalesce((select last from protocol_counter where register = $1 and year = $2), 0) + 1, $3::bigint - 1) n
     where not exists (select 1 from protocol p where p.register = $1 and p.year = $2 and p.number = n)
     on conflict do nothing`,
    [register, year, number, now],
  );
}

function directionOf({ ipa }: Pick<NodeParts, 'ipa'>, event: HubEvent, { recipients }: Segnatura): Direction {
  if (event.type === 'practice.filed') return 'in';
  return recipients.every((recipient) => sameIpa(recipient.ipa, ipa)) ? 'internal' : 'out';
}

function correspondentsOf(
  event: HubEvent,
  { recipients }: Segnatura,
  applicant: string | null,
): RegisteredCorrespondent[] {
  if (event.type !== 'practice.filed') return recipients.map(({ name, ipa }) => ({ name, ipa }));
  return applicant === null ? [] : [{ name: applicant }];
}
