/** Loads and stores what a node holds of practices while it folds received events into them: one statement a kind. */
import {
  parseDecision,
  parseEvent,
  parseSignedItem,
  practiceKey,
  type HubEvent,
  type IpaCode,
  type PracticeId,
  type PracticeState,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import { sliced, type Tx } from '#persistence';
import { ROLES_OF_ONE_EVENT } from '../documents/roles-of-one-event.ts';
import type { ChangedEvent, ChangedPractice } from './batch-changes.ts';
import type { EventKey } from './event-key.ts';
import type { HeldPractice } from './practice-book.ts';
import type { Received } from './screen-event.ts';

export interface PracticeKey {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
}

/** Namespace of the advisory locks that stand for practices, known or not yet. */
const PRACTICE_LOCK = 7_220_301;

/**
 * Locks practices for the length of the transaction, in one order for everyone, and loads their states. A practice may
 * not have a row yet.
 * @returns by `practiceKey`, one for each practice; places and waiting events are still to be loaded
 */
export async function lockPractices(
  tx: Tx,
  practices: readonly PracticeKey[],
): Promise<Map<string, HeldPractice>> {
  const wanted = new Map(practices.map((practice) => [practiceKey(practice), practice]));
  if (wanted.size === 0) return new Map();
  tx.write(
    `select pg_advisory_xact_lock($2, k.lock)
     from (select distinct hashtext(key) as lock from unnest($1::text[]) as t(key) order by lock) k`,
    [[...wanted.keys()], PRACTICE_LOCK],
  );
  const rows = await tx.query<PracticeKey & { state: PracticeState | null }>(
    `select owner, uuid, p.state from unnest($1::text[], $2::uuid[]) as c(owner, uuid) join practice p using (owner, uuid)
     order by owner, uuid for update of p`,
    columnsOf([...wanted.values()]),
  );
  const states = new Map(rows.map((row) => [practiceKey(row), row.state]));
  return new Map(
    [...wanted.keys()].map((key) => [
      key,
      {
        state: states.get(key) ?? null,
        places: new Map(),
        numbers: new Map(),
        waits: false,
        waiting: new Map(),
      },
    ]),
  );
}

/** Practices as two parameters of a statement. */
export function columnsOf(practices: readonly PracticeKey[]): [readonly string[], readonly string[]] {
  return [practices.map(({ owner }) => owner), practices.map(({ uuid }) => uuid)];
}

/** A practice whose waiting events may get their turn. */
export interface Advancing extends PracticeKey {
  /** The last position that was folded. */
  readonly position: number;
  /** How many events of the practice are at hand: as many missing positions can be filled. */
  readonly arrived: number;
}

/**
 * Loads the waiting events that may be folded once what has arrived is.
 * @param maxBytes of signed bytes and decisions: with the event that reaches it, loading ends
 * @returns whether there may be more
 */
export async function loadWaiting(
  tx: Tx,
  held: ReadonlyMap<string, HeldPractice>,
  advancing: readonly Advancing[],
  maxBytes: number,
): Promise<boolean> {
  if (advancing.length === 0) return false;
  const rows = await tx.query<HeldRow & PracticeKey>(
    `select owner, uuid, ${HELD_COLUMNS}
     from (
       select author, event_id, n, sum(bytes) over (order by n) - bytes as before
       from (
         select e.author, e.event_id, c.arrived, octet_length(e.bytes) + octet_length(e.decision) as bytes,
           row_number() over (order by owner, uuid, e.position) as n,
           e.position - c.position - row_number() over (partition by owner, uuid order by e.position) as missing
         from unnest($1::text[], $2::uuid[], $3::int[], $4::int[]) as c(owner, uuid, position, arrived)
         join event e using (owner, uuid)
         where e.position > c.position and e.status = 'waiting'
       ) numbered
       where missing <= arrived
     ) chosen join event using (author, event_id)
     where before < $5 order by n`,
    [
      ...columnsOf(advancing),
      advancing.map(({ position }) => position),
      advancing.map(({ arrived }) => arrived),
      maxBytes,
    ],
  );
  let bytes = 0;
  for (const row of rows) {
    const received = asReceived(row);
    bytes += row.bytes.length + row.decision.length;
    held.get(practiceKey(row))?.waiting.set(received.decision.position, received);
  }
  return bytes >= maxBytes;
}

/** Stores practices after their last event. */
export function savePractices(tx: Tx, practices: readonly ChangedPractice[]): void {
  if (practices.length === 0) return;
  const states = practices.map(({ state }) => state);
  const firsts = practices.map(({ first }) => first.event);
  // Cut out of one Buffer each: out of one JSON text, every state would be read and copied twice.
  const folded = sliced(states.map(jsonOf));
  const participants = sliced(practices.map(({ last }) => jsonOf(last.decision.participants)));
  tx.write(
    `insert into practice (owner, uuid, cui, procedure_code, procedure_version, part, territory, filing_event, filed_at,
                           state, state_code, position, participants)
     select r.owner, r.uuid, r.cui, r.code, r.version, r.part, r.territory, r.filing_event, r.filed_at,
       convert_from(substring($12::bytea from r.state_start for r.state_size), 'UTF8')::jsonb, r.state_code, r.position,
       convert_from(substring($15::bytea from r.participants_start for r.participants_size), 'UTF8')::jsonb
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::uuid[],
         $9::timestamptz[], $10::text[], $11::int[], $13::int[], $14::int[], $16::int[], $17::int[])
       as r(owner, uuid, cui, code, version, part, territory, filing_event, filed_at, state_code, position, state_start,
         state_size, participants_start, participants_size)
     on conflict (owner, uuid) do update
       set state = excluded.state, state_code = excluded.state_code, position = excluded.position,
           participants = excluded.participants`,
    [
      ...columnsOf(states),
      states.map(({ cui }) => cui),
      states.map(({ procedure }) => procedure.code),
      states.map(({ procedure }) => procedure.version),
      practices.map(({ part }) => part),
      firsts.map(({ territory }) => territory),
      firsts.map(({ id }) => id),
      firsts.map(({ time }) => time),
      states.map(({ state }) => state),
      states.map(({ position }) => position),
      folded.whole,
      folded.starts,
      folded.sizes,
      participants.whole,
      participants.starts,
      participants.sizes,
    ],
  );
}

function jsonOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Stores events with their places, or as waiting for their turn. The node's own provisional event becomes accepted. */
export function saveEvents(tx: Tx, changed: readonly ChangedEvent[], at: Date): void {
  if (changed.length === 0) return;
  const received = changed.map((one) => one.received);
  const events = received.map(({ event }) => event);
  const bytes = sliced(received.map((one) => one.bytes));
  const decisions = sliced(received.map((one) => one.decisionBytes));
  tx.write(
    `insert into event (author, event_id, owner, uuid, number, type, time, digest, signed_info_digest, position, status,
                        out_of_flow, replaces, received_at, bytes, decision)
     select r.author, r.event_id, r.owner, r.uuid, r.number, r.type, r.time, r.digest, r.signed_info_digest, r.position,
       r.status, r.out_of_flow, r.replaces, $14,
       substring($15::bytea from r.bytes_start for r.bytes_size),
       substring($18::bytea from r.decision_start for r.decision_size)
     from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::text[], $7::timestamptz[], $8::text[],
         $9::text[], $10::int[], $11::text[], $12::bool[], $13::uuid[], $16::int[], $17::int[], $19::int[], $20::int[])
       as r(author, event_id, owner, uuid, number, type, time, digest, signed_info_digest, position, status,
         out_of_flow, replaces, bytes_start, bytes_size, decision_start, decision_size)
     on conflict (author, event_id) do update
       set position = excluded.position, decision = excluded.decision, status = excluded.status,
           out_of_flow = excluded.out_of_flow, parked_code = null`,
    [
      events.map(({ author }) => author.ipa),
      events.map(({ id }) => id),
      ...columnsOf(events.map(({ practice }) => practice)),
      events.map(({ sequence }) => sequence.number),
      events.map(({ type }) => type),
      events.map(({ time }) => time),
      received.map(({ digest }) => digest),
      received.map(({ signedInfoDigest }) => signedInfoDigest),
      received.map(({ decision }) => decision.position),
      changed.map(({ status }) => status),
      changed.map(({ outOfFlow }) => outOfFlow),
      events.map(({ replaces }) => replaces),
      at,
      bytes.whole,
      bytes.starts,
      bytes.sizes,
      decisions.whole,
      decisions.starts,
      decisions.sizes,
    ],
  );
}

/** Waiting events leave their practices. */
export async function dropWaiting(tx: Tx, events: readonly EventKey[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `delete from event e using unnest($1::text[], $2::uuid[]) as c(author, event_id)
     where e.author = c.author and e.event_id = c.event_id and e.status <> 'accepted'`,
    keyColumnsOf(events),
  );
}

/** Events count as not seen. */
export async function unclaim(tx: Tx, events: readonly EventKey[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `delete from seen s using unnest($1::text[], $2::uuid[]) as c(author, event_id)
     where s.author = c.author and s.event_id = c.event_id`,
    keyColumnsOf(events),
  );
}

function keyColumnsOf(events: readonly EventKey[]): [readonly string[], readonly string[]] {
  return [events.map(({ author }) => author.ipa), events.map(({ id }) => id)];
}

/**
 * Gives own events the documents back that their replacements have taken: they were placed after all, because somebody
 * released them at the router before the replacements got there.
 */
export async function reclaimDocuments(tx: Tx, ipa: IpaCode, events: readonly HubEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `update document d set event_id = e.event_id
     from unnest($2::uuid[]) as c(event_id)
     join event e on e.author = $1 and e.event_id = c.event_id and e.status = 'replaced'
     join event r on r.author = $1 and r.replaces = e.event_id
     where d.author = $1 and d.event_id = r.event_id and d.role <> all($3)`,
    [ipa, events.map(({ id }) => id), ROLES_OF_ONE_EVENT],
  );
}

const HELD_COLUMNS = 'bytes, decision, digest, signed_info_digest as "signedInfoDigest"';

interface HeldRow {
  readonly bytes: Buffer;
  readonly decision: Buffer;
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
}

/** An event that has its place here, with its decision. @throws HubError `EVENT_NOT_FOUND` */
export async function readAccepted(tx: Tx, author: string, eventId: string): Promise<Received> {
  const [row] = await tx.query<HeldRow>(
    `select ${HELD_COLUMNS} from event where author = $1 and event_id = $2 and status = 'accepted'`,
    [author, eventId],
  );
  if (row) return asReceived(row);
  throw new HubError('EVENT_NOT_FOUND', `no event ${eventId} of ${author} has its place here`);
}

/** Both documents were verified when they arrived; here they are only read. */
function asReceived(row: HeldRow): Received {
  return {
    event: parseEvent(row.bytes),
    bytes: row.bytes,
    digest: row.digest,
    signedInfoDigest: row.signedInfoDigest,
    decision: parseDecision(parseSignedItem(row.decision).item),
    decisionBytes: row.decision,
  };
}
