/** The practices of which this node misses a position, and whom it has asked for it. */
import {
  parseDecision,
  parseIpaCode,
  parsePracticeId,
  parseSignedItem,
  type IpaCode,
  type Participant,
} from '#contracts';
import type { Asked, PositionRange, RoundEnd } from '#peers';
import { dueAt, queueNow, type Tx } from '#persistence';
import type { PracticeKey } from '../inbox/practice-store.ts';

/** How long a claimed gap is left to who claimed it, milliseconds. */
const CLAIM_MS = 120_000;

/** A gap to be healed now. */
export interface DueGap {
  readonly practice: PracticeKey;
  readonly missing: PositionRange;
  /** Who takes part, as the decision on an event that waits says. */
  readonly participants: readonly Participant[];
  /** Rounds in which it was asked for, to no avail. */
  readonly attempts: number;
}

/**
 * Opens a gap for every practice whose events have waited since `before`, or are dated by a clock that ran ahead, closes those that healed, and claims the ones
 * that are due: of two instances of a node, one asks.
 */
export async function claimGaps(
  tx: Tx,
  { now, before, limit }: { readonly now: Date; readonly before: Date; readonly limit: number },
): Promise<readonly DueGap[]> {
  const [any] = await tx.query<{ any: boolean }>(
    `select exists (select 1 from event where status = 'waiting') or exists (select 1 from gap) as any`,
  );
  if (any?.any !== true) return [];
  await tx.query(
    `delete from gap g where not exists (
       select 1 from event e where e.owner = g.owner and e.uuid = g.uuid and e.status = 'waiting')`,
  );
  await tx.query(
    `insert into gap (owner, uuid, next_attempt_at)
     select owner, uuid, ${queueNow('$1')} from event where status = 'waiting'
     group by owner, uuid having min(received_at) <= $2
       or min(received_at) > ${queueNow('$1')} + ($1::timestamptz - $2::timestamptz) on conflict do nothing`,
    [now, before],
  );
  const claimed = await tx.query<{ owner: string; uuid: string; attempts: number }>(
    `update gap g set next_attempt_at = ${queueNow('$2')} + make_interval(secs => $3)
     from (select owner, uuid from gap where next_attempt_at <= ${queueNow('$2')}
           order by next_attempt_at limit $1 for update skip locked) due
     where g.owner = due.owner and g.uuid = due.uuid returning g.owner, g.uuid, g.attempts`,
    [limit, now, CLAIM_MS / 1000],
  );
  const gaps: DueGap[] = [];
  for (const { owner, uuid, attempts } of claimed) {
    const practice = { owner: parseIpaCode(owner), uuid: parsePracticeId(uuid) };
    const found = await missingOf(tx, practice);
    if (found) gaps.push({ practice, attempts, ...found });
  }
  return gaps;
}

/** What is missing before the first event that waits; null if nothing is. */
export async function missingOf(
  tx: Tx,
  { owner, uuid }: PracticeKey,
): Promise<Pick<DueGap, 'missing' | 'participants'> | null> {
  const [row] = await tx.query<{ head: number; first: number; decision: Buffer }>(
    `select coalesce((select position from practice where owner = $1 and uuid = $2), 0) as head,
            position as first, decision
     from event where owner = $1 and uuid = $2 and status = 'waiting' order by position limit 1`,
    [owner, uuid],
  );
  if (!row || row.first <= row.head + 1) return null;
  const { participants } = parseDecision(parseSignedItem(row.decision).item);
  return { missing: { from: row.head + 1, to: row.first - 1 }, participants };
}

/** Notes a round that did not close the gap. If it has closed meanwhile, its row goes with the next look. */
export async function noteRound(
  tx: Tx,
  { owner, uuid }: PracticeKey,
  asked: readonly Asked[],
  { next, now }: RoundEnd,
): Promise<void> {
  await tx.query(
    `update gap set attempts = attempts + 1, next_attempt_at = ${dueAt('$3', '$5')}, asked = $4
     where owner = $1 and uuid = $2`,
    [owner, uuid, next, JSON.stringify(asked), now],
  );
}

/** A gap as it is shown. */
export interface GapView {
  readonly owner: IpaCode;
  readonly practiceId: string;
  /** First and last position that are missing. */
  readonly missing: PositionRange;
  /** Events that wait behind it. */
  readonly waiting: number;
  /** Since when the first of them has waited. */
  readonly since: string;
  /** Rounds of asking so far. */
  readonly attempts: number;
  /** Null while the event may still be on its way. */
  readonly nextAttemptAt: string | null;
  /** What each neighbour said in the last round. */
  readonly asked: readonly Asked[];
}

interface GapRow {
  readonly owner: IpaCode;
  readonly uuid: string;
  readonly head: number;
  readonly first: number;
  readonly waiting: number;
  readonly since: Date;
  readonly attempts: number;
  readonly next: Date | null;
  readonly asked: readonly Asked[];
}

/** Open gaps, the oldest first; of one practice with `of`. */
export async function listGaps(
  tx: Tx,
  { of, limit }: { readonly of?: PracticeKey; readonly limit: number },
): Promise<readonly GapView[]> {
  const rows = await tx.query<GapRow>(
    `select w.*, coalesce(p.position, 0) as head, coalesce(g.attempts, 0) as attempts, g.next_attempt_at as next,
            coalesce(g.asked, '[]') as asked
     from (select owner, uuid, min(position) as first, count(*)::int as waiting, min(received_at) as since
           from event where status = 'waiting' and ($1::text is null or owner = $1 and uuid = $2::uuid)
           group by owner, uuid) w
       left join practice p using (owner, uuid) left join gap g using (owner, uuid)
     order by w.since, w.owner, w.uuid limit $3`,
    [of?.owner ?? null, of?.uuid ?? null, limit],
  );
  return rows.map(({ owner, uuid, head, first, waiting, since, attempts, next, asked }) => ({
    owner,
    practiceId: uuid,
    missing: { from: head + 1, to: first - 1 },
    waiting,
    since: since.toISOString(),
    attempts,
    nextAttemptAt: next?.toISOString() ?? null,
    asked,
  }));
}
