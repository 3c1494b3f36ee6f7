/** Rows of the protocol register: how an entry is written, once, and how it is read. */
import type { HubEvent, Registration, RegistrationCancellation } from '#contracts';
import { registrationNumber, romeTime, type Classification, type ProtocolId } from '#protocollo';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';

/** Which way a message went: arrivo, partenza, interno. */
export const DIRECTIONS = ['in', 'out', 'internal'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Who a message is from or for: a body by IPA code, a person by name only. */
export interface RegisteredCorrespondent {
  readonly name: string;
  readonly ipa?: string;
}

/** A number that this transaction holds: nobody else registers until it ends. */
export interface TakenNumber {
  /** When: no later number has an earlier time. */
  readonly at: Date;
  readonly year: number;
  readonly number: number;
  readonly id: ProtocolId;
}

/** Namespace of the advisory locks that stand for registers. */
const REGISTER_LOCK = 7_220_501;

/** Holds everyone else off the register to the end of the transaction: what is written is written in the order of time. */
export async function lockRegister(tx: Tx, register: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [REGISTER_LOCK, register]);
}

/** Waits until nothing that was begun is unwritten. */
export async function awaitRegister(tx: Tx, register: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock_shared($1, hashtext($2))', [REGISTER_LOCK, register]);
}

/**
 * Takes the register's next number of the year (Italian time). It belongs to the transaction: if that does not commit,
 * the next registration takes the same one, so the series has no gap. The clock is read under the lock.
 */
export async function takeNumber(
  tx: Tx,
  { ipa, protocol, clock }: Pick<NodeParts, 'ipa' | 'protocol' | 'clock'>,
): Promise<TakenNumber> {
  await lockRegister(tx, protocol.register);
  const at = clock.now();
  const { year, date, time } = romeTime(at);
  const [row] = await tx.query<{ last: string }>(
    `insert into protocol_counter (register, year, last) values ($1, $2, 1)
     on conflict (register, year) do update set last = protocol_counter.last + 1 returning last`,
    [protocol.register, year],
  );
  const number = Number(row?.last ?? 1);
  return {
    at,
    year,
    number,
    id: {
      body: ipa,
      aoo: protocol.aoo ?? ipa,
      register: protocol.register,
      number: registrationNumber(number),
      date,
      time,
    },
  };
}

/** What an entry says beside its number. */
export interface NewEntry {
  readonly event: Pick<HubEvent, 'author' | 'id' | 'practice' | 'type'>;
  readonly direction: Direction;
  readonly subject: string;
  readonly classification: Classification;
  readonly correspondents: readonly RegisteredCorrespondent[];
  readonly sent: ProtocolId | null;
  /** Of a message that is sent again, its first registration. */
  readonly first: ProtocolId | null;
  readonly segnatura: { readonly document: string; readonly sha256: string };
  /** SHA-256 of the primary document, hexadecimal. */
  readonly primarySha256: string;
}

export async function insertEntry(tx: Tx, taken: TakenNumber, entry: NewEntry): Promise<void> {
  const { author, id, practice, type } = entry.event;
  await tx.query(
    `insert into protocol (register, year, number, aoo, day, registered_at, direction, author, event_id, owner, uuid,
                           event_type, subject, classification, correspondents, sent, segnatura, segnatura_sha256,
                           primary_sha256, first)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
    [
      taken.id.register,
      taken.year,
      taken.number,
      taken.id.aoo,
      taken.id.date,
      taken.at,
      entry.direction,
      author.ipa,
      id,
      practice.owner,
      practice.uuid,
      type,
      entry.subject,
      JSON.stringify(entry.classification),
      JSON.stringify(entry.correspondents),
      entry.sent === null ? null : JSON.stringify(entry.sent),
      entry.segnatura.document,
      entry.segnatura.sha256,
      entry.primarySha256,
      entry.first === null ? null : JSON.stringify(entry.first),
    ],
  );
}

/** A registration as receipts and answers name it. */
export function registrationOf({ aoo, register, number, date }: Registration): Registration {
  return { aoo, register, number, date };
}

export interface EntryRow {
  readonly register: string;
  readonly year: number;
  /** A bigint. */
  readonly number: string;
  readonly aoo: string;
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly registeredAt: Date;
  readonly direction: Direction;
  readonly author: HubEvent['author']['ipa'];
  readonly eventId: HubEvent['id'];
  readonly owner: HubEvent['practice']['owner'];
  readonly uuid: HubEvent['practice']['uuid'];
  readonly eventType: HubEvent['type'];
  readonly cui: string | null;
  readonly subject: string;
  readonly classification: Classification;
  readonly correspondents: readonly RegisteredCorrespondent[];
  readonly sent: ProtocolId | null;
  readonly first: ProtocolId | null;
  readonly segnaturaSha256: string;
  readonly primarySha256: string;
  readonly state: 'registered' | 'cancelled';
  readonly cancelledAt: Date | null;
  readonly cancellationReason: RegistrationCancellation['reason'] | null;
  readonly cancellationAct: string | null;
  readonly cancellationNote: string | null;
}

/** Of `protocol t left join practice p`. */
export const ENTRY_COLUMNS = `t.register, t.year, t.number, t.aoo, to_char(t.day, 'YYYY-MM-DD') as day,
  t.registered_at as "registeredAt", t.direction, t.author, t.event_id as "eventId", t.owner, t.uuid,
  t.event_type as "eventType", p.cui, t.subject, t.classification, t.correspondents, t.sent, t.first,
  t.segnatura_sha256 as "segnaturaSha256", t.primary_sha256 as "primarySha256", t.state, t.cancelled_at as "cancelledAt",
  t.cancellation_reason as "cancellationReason", t.cancellation_act as "cancellationAct",
  t.cancellation_note as "cancellationNote"`;

export const ENTRY_TABLES = `protocol t left join practice p on p.owner = t.owner and p.uuid = t.uuid`;

export function registrationIn(row: EntryRow): Registration {
  return {
    aoo: row.aoo,
    register: row.register,
    number: registrationNumber(Number(row.number)),
    date: row.day,
  };
}

export function cancellationIn(row: EntryRow): RegistrationCancellation | null {
  const { cancellationReason: reason, cancellationAct: act } = row;
  return reason === null || act === null ? null : { reason, act };
}

/** The entry of an event in this node's register. */
export async function entryOf(tx: Tx, author: string, eventId: string): Promise<EntryRow | undefined> {
  const [row] = await tx.query<EntryRow>(
    `select ${ENTRY_COLUMNS} from ${ENTRY_TABLES} where t.author = $1 and t.event_id = $2`,
    [author, eventId],
  );
  return row;
}
