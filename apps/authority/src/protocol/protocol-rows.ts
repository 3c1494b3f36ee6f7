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

type Registering = Pick<NodeParts, 'ipa' | 'protocol' | 'clock'>;

/**
 * Takes the register's next number of the year (Italian time). It belongs to the transaction: if that does not commit,
 * the next registration takes the same one, so the series has no gap. The clock is read under the lock.
 */
export async function takeNumber(tx: Tx, parts: Registering): Promise<TakenNumber> {
  const { at, last } = await raiseCounter(tx, parts, 1);
  return numberOf(parts, at, last);
}

/** The same for the next ones, as many as asked for, one behind the other. */
export async function takeNumbers(tx: Tx, parts: Registering, count: number): Promise<TakenNumber[]> {
  const { at, last } = await raiseCounter(tx, parts, count);
  return Array.from({ length: count }, (_, n) => numberOf(parts, at, last - count + 1 + n));
}

async function raiseCounter(
  tx: Tx,
  { protocol: { register }, clock }: Registering,
  count: number,
): Promise<{ readonly at: Date; readonly last: number }> {
  await lockRegister(tx, register);
  const at = clock.now();
  const [row] = await tx.query<{ last: string }>(
    `insert into protocol_counter (register, year, last) values ($1, $2, $3)
     on conflict (register, year) do update set last = protocol_counter.last + $3 returning last`,
    [register, romeTime(at).year, count],
  );
  return { at, last: Number(row?.last ?? count) };
}

function numberOf({ ipa, protocol }: Registering, at: Date, number: number): TakenNumber {
  const { year, date, time } = romeTime(at);
  const { register } = protocol;
  return {
    at,
    year,
    number,
    id: { body: ipa, aoo: protocol.aoo ?? ipa, register, number: registrationNumber(number), date, time },
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

/** An entry with its number. */
export interface NumberedEntry {
  readonly taken: TakenNumber;
  readonly entry: NewEntry;
}

export async function insertEntries(tx: Tx, entries: readonly NumberedEntry[]): Promise<void> {
  const rows = entries.map(({ taken, entry }) => ({
    register: taken.id.register,
    year: taken.year,
    number: taken.number,
    aoo: taken.id.aoo,
    day: taken.id.date,
    at: taken.at.toISOString(),
    direction: entry.direction,
    author: entry.event.author.ipa,
    event: entry.event.id,
    owner: entry.event.practice.owner,
    uuid: entry.event.practice.uuid,
    type: entry.event.type,
    subject: entry.subject,
    classification: entry.classification,
    correspondents: entry.correspondents,
    sent: entry.sent,
    segnatura: entry.segnatura.document,
    segnaturaSha256: entry.segnatura.sha256,
    primarySha256: entry.primarySha256,
    first: entry.first,
  }));
  await tx.query(
    `insert into protocol (register, year, number, aoo, day, registered_at, direction, author, event_id, owner, uuid,
                           event_type, subject, classification, correspondents, sent, segnatura, segnatura_sha256,
                           primary_sha256, first)
     select e.register, e.year, e.number, e.aoo, e.day, e.at, e.direction, e.author, e.event, e.owner, e.uuid, e.type,
       e.subject, e.classification, e.correspondents, e.sent, e.segnatura, e."segnaturaSha256", e."primarySha256", e.first
     from json_to_recordset($1) as e(
       register text, year int, number bigint, aoo text, day date, at timestamptz, direction text, author text, event uuid,
       owner text, uuid uuid, type text, subject text, classification jsonb, correspondents jsonb, sent jsonb,
       segnatura uuid, "segnaturaSha256" text, "primarySha256" text, first jsonb)
     order by e.number`,
    [JSON.stringify(rows)],
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
