/** Loads and stores what a node holds of a practice while it folds received events into it. */
import {
  parseDecision,
  parseEvent,
  parseSignedItem,
  type HubEvent,
  type IpaCode,
  type Part,
  type PracticeId,
  type PracticeState,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { ROLES_OF_ONE_EVENT } from '../documents/roles-of-one-event.ts';
import type { Received } from './screen-event.ts';

export interface PracticeKey {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
}

/** Namespace of the advisory locks that stand for practices, known or not yet. */
const PRACTICE_LOCK = 7_220_301;

/** Locks practices for the length of the transaction, in one order for everyone. A practice may not have a row yet. */
export async function lockPractices(tx: Tx, practices: readonly PracticeKey[]): Promise<void> {
  const keys = [...new Set(practices.map(({ owner, uuid }) => `${owner}/${uuid}`))].sort();
  if (keys.length === 0) return;
  await tx.query(
    `select pg_advisory_xact_lock($2, hashtext(k.key)) from (select key from unnest($1::text[]) as t(key) order by key) k`,
    [keys, PRACTICE_LOCK],
  );
  await tx.query(
    `select 1 as locked from practice where owner || '/' || uuid = any($1::text[]) order by owner, uuid for update`,
    [keys],
  );
}

/** The folded state; null while no event of the practice has its position here. */
export async function loadState(tx: Tx, { owner, uuid }: PracticeKey): Promise<PracticeState | null> {
  const [row] = await tx.query<{ state: PracticeState | null }>(
    `select state from practice where owner = $1 and uuid = $2`,
    [owner, uuid],
  );
  return row?.state ?? null;
}

/** Stores the practice after one more event. */
export async function saveState(tx: Tx, received: Received, state: PracticeState, part: Part): Promise<void> {
  const { event, decision } = received;
  await tx.query(
    `insert into practice (owner, uuid, cui, procedure_code, procedure_version, part, territory, filing_event, filed_at,
                           state, state_code, position, participants)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (owner, uuid) do update
       set state = excluded.state, state_code = excluded.state_code, position = excluded.position,
           participants = excluded.participants`,
    [
      state.owner,
      state.uuid,
      state.cui,
      state.procedure.code,
      state.procedure.version,
      part,
      event.territory,
      event.id,
      event.time,
      JSON.stringify(state),
      state.state,
      state.position,
      JSON.stringify(decision.participants),
    ],
  );
}

/** Stores an event with its place, or as waiting for its turn. The node's own provisional event becomes accepted. */
export async function saveEvent(
  tx: Tx,
  received: Received,
  standing: { readonly status: 'accepted' | 'waiting'; readonly outOfFlow: boolean; readonly at: Date },
): Promise<void> {
  const { event, decision } = received;
  await tx.query(
    `insert into event (author, event_id, owner, uuid, number, type, time, bytes, digest, signed_info_digest, position,
                        decision, status, out_of_flow, received_at, replaces)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     on conflict (author, event_id) do update
       set position = excluded.position, decision = excluded.decision, status = excluded.status,
           out_of_flow = excluded.out_of_flow, parked_code = null`,
    [
      event.author.ipa,
      event.id,
      event.practice.owner,
      event.practice.uuid,
      event.sequence.number,
      event.type,
      event.time,
      received.bytes,
      received.digest,
      received.signedInfoDigest,
      decision.position,
      received.decisionBytes,
      standing.status,
      standing.outOfFlow,
      standing.at,
      event.replaces,
    ],
  );
}

/**
 * Gives an own event the documents back that its replacement has taken: it was placed after all, because somebody
 * released it at the router before the replacement got there.
 */
export async function reclaimDocuments(tx: Tx, { author, id }: HubEvent): Promise<void> {
  await tx.query(
    `update document set event_id = $2
     where author = $1 and role <> all($3)
       and event_id in (select r.event_id from event r join event e on e.author = r.author and e.event_id = $2
                        where r.author = $1 and r.replaces = $2 and e.status = 'replaced')`,
    [author.ipa, id, ROLES_OF_ONE_EVENT],
  );
}

const HELD_COLUMNS = 'bytes, decision, digest, signed_info_digest as "signedInfoDigest"';

interface HeldRow {
  readonly bytes: Buffer;
  readonly decision: Buffer;
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
}

/** The event that waits for this position, if it has arrived. */
export async function waitingAt(
  tx: Tx,
  { owner, uuid }: PracticeKey,
  position: number,
): Promise<Received | null> {
  const [row] = await tx.query<HeldRow>(
    `select ${HELD_COLUMNS} from event where owner = $1 and uuid = $2 and position = $3 and status = 'waiting'`,
    [owner, uuid, position],
  );
  return row ? asReceived(row) : null;
}

/**
 * Refuses a position that another event of the practice has already, and a number that another event of the same
 * author has. @throws HubError `POSITION_TAKEN`, `EQUIVOCATION`
 */
export async function checkPositionFree(tx: Tx, { event, decision }: Received): Promise<void> {
  const { owner, uuid } = event.practice;
  const taken = await tx.query<{ number: boolean }>(
    `select author = $4 and number = $6 and status in ('accepted', 'waiting') as number from event
     where owner = $1 and uuid = $2 and not (author = $4 and event_id = $5)
       and (position = $3 or author = $4 and number = $6 and status in ('accepted', 'waiting'))
     order by 1 desc`,
    [owner, uuid, decision.position, event.author.ipa, event.id, event.sequence.number],
  );
  const [first] = taken;
  if (!first) return;
  if (first.number) {
    throw new HubError(
      'EQUIVOCATION',
      `${event.author.ipa} has signed another event with number ${event.sequence.number} of ${owner}/${uuid}`,
    );
  }
  throw new HubError(
    'POSITION_TAKEN',
    `position ${decision.position} of ${owner}/${uuid} is another event's`,
  );
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
