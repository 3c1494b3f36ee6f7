/** The numbers of which this router waits for its author, and whether it has asked for them. */
import { parseIpaCode, parsePracticeId, type EventId, type IpaCode } from '#contracts';
import type { Asked, RoundEnd } from '#peers';
import { dueAt, queueNow, type Tx } from '#persistence';
import type { PracticeKey } from '../store/ledger-store.ts';

/** How long a claimed gap is left to who claimed it, milliseconds. */
const CLAIM_MS = 120_000;

/** An author's gap in a practice, to be healed now. */
export interface DueGap {
  readonly practice: PracticeKey;
  readonly author: IpaCode;
  /** Rounds in which it was asked for, to no avail. */
  readonly attempts: number;
}

type GapKey = Pick<DueGap, 'practice' | 'author'>;

/** Opens gaps for events that have waited since `before`, or are dated by a clock that ran ahead, closes those that healed, claims the ones that are due. */
export async function claimGaps(
  tx: Tx,
  { now, before, limit }: { readonly now: Date; readonly before: Date; readonly limit: number },
): Promise<readonly DueGap[]> {
  const [any] = await tx.query<{ any: boolean }>(
    `select exists (select 1 from waiting_event) or exists (select 1 from author_gap) as any`,
  );
  if (any?.any !== true) return [];
  await tx.query(
    `delete from author_gap g where not exists (
       select 1 from waiting_event w where w.owner = g.owner and w.uuid = g.uuid and w.author = g.author)`,
  );
  await tx.query(
    `insert into author_gap (owner, uuid, author, next_attempt_at)
     select owner, uuid, author, ${queueNow('$1')} from waiting_event
     group by owner, uuid, author having min(since) <= $2
       or min(since) > ${queueNow('$1')} + ($1::timestamptz - $2::timestamptz) on conflict do nothing`,
    [now, before],
  );
  const rows = await tx.query<{ owner: string; uuid: string; author: string; attempts: number }>(
    `update author_gap g set next_attempt_at = ${queueNow('$2')} + make_interval(secs => $3)
     from (select owner, uuid, author from author_gap where next_attempt_at <= ${queueNow('$2')}
           order by next_attempt_at limit $1 for update skip locked) due
     where g.owner = due.owner and g.uuid = due.uuid and g.author = due.author
     returning g.owner, g.uuid, g.author, g.attempts`,
    [limit, now, CLAIM_MS / 1000],
  );
  return rows.map(({ owner, uuid, author, attempts }) => ({
    practice: { owner: parseIpaCode(owner), uuid: parsePracticeId(uuid) },
    author: parseIpaCode(author),
    attempts,
  }));
}

/** What is asked for: the number behind the author's last placed one, and the author's events that are here already. */
export interface Missing {
  readonly number: number;
  readonly here: ReadonlySet<string>;
}

/** Null if nothing of the author waits in this practice any more. */
export async function missingOf(tx: Tx, { practice, author }: GapKey): Promise<Missing | null> {
  const key = [practice.owner, practice.uuid, author];
  const here = await tx.query<{ id: EventId; waits: boolean }>(
    `select event_id as id, true as waits from waiting_event where owner = $1 and uuid = $2 and author = $3
     union all
     select event_id, false from parked_number where owner = $1 and uuid = $2 and author = $3
     union all
     select event_id, false from replaced_event where owner = $1 and uuid = $2 and author = $3`,
    key,
  );
  if (!here.some(({ waits }) => waits)) return null;
  const [head] = await tx.query<{ number: number }>(
    'select number from author_head where owner = $1 and uuid = $2 and author = $3',
    key,
  );
  return { number: (head?.number ?? 0) + 1, here: new Set(here.map(({ id }) => id)) };
}

/** Notes a round that did not close the gap. */
export async function noteRound(
  tx: Tx,
  { practice, author }: GapKey,
  asked: readonly Asked[],
  { next, now }: RoundEnd,
): Promise<void> {
  await tx.query(
    `update author_gap set attempts = attempts + 1, next_attempt_at = ${dueAt('$4', '$6')}, asked = $5
     where owner = $1 and uuid = $2 and author = $3`,
    [practice.owner, practice.uuid, author, next, JSON.stringify(asked), now],
  );
}

/** Whether the ledger of a practice keeps an event as parked: it claims its number until its author acts. */
export async function isParkedHere(tx: Tx, author: string, eventId: EventId): Promise<boolean> {
  const rows = await tx.query(
    'select 1 as parked from parked_number where author = $1 and event_id = $2 limit 1',
    [author, eventId],
  );
  return rows.length > 0;
}

/** An event that waits, as it is shown. */
export interface WaitingView {
  readonly author: string;
  readonly number: number;
  readonly eventId: string;
  readonly owner: string;
  readonly practiceId: string;
  readonly since: string;
  /** The number that it waits for. */
  readonly missing: number;
  /** The event with that number, if it is here and was parked: its author has to void or replace it. */
  readonly parked: string | null;
  /** Rounds in which its author's node was asked. */
  readonly attempts: number;
  readonly asked: readonly Asked[];
}

/** Events that wait for an earlier one of their author, the oldest first. */
export async function listWaiting(tx: Tx, limit: number): Promise<readonly WaitingView[]> {
  const rows = await tx.query<Omit<WaitingView, 'since'> & { readonly since: Date }>(
    `select w.author, w.number, w.event_id as "eventId", w.owner, w.uuid as "practiceId", w.since, m.missing,
            p.event_id as parked, coalesce(g.attempts, 0) as attempts, coalesce(g.asked, '[]') as asked
     from waiting_event w
       left join author_head h using (owner, uuid, author)
       cross join lateral (select coalesce(h.number, 0) + 1 as missing) m
       left join parked_number p
         on p.owner = w.owner and p.uuid = w.uuid and p.author = w.author and p.number = m.missing
       left join author_gap g on g.owner = w.owner and g.uuid = w.uuid and g.author = w.author
     order by w.since, w.author, w.number limit $1`,
    [limit],
  );
  return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}
