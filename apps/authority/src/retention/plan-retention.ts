import type { IpaCode, PracticeId } from '#contracts';
import type { Tx } from '#persistence';
import type { RetentionPeriod } from './periods.ts';

/** Practices of one request: they are destroyed in one transaction. */
export const MOST_PRACTICES = 500;
/** Documents of one request; a single practice may have more. */
const MOST_DOCUMENTS = 50_000;

/** A practice whose documents may go. */
export interface DuePractice {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly cui: string;
  readonly procedure: string;
  readonly part: string;
  readonly state: string;
  /** When the last event of the practice came here: since then nothing has happened in it. */
  readonly closedAt: Date;
  /** When its period was over. */
  readonly dueSince: Date;
  readonly basis: string;
  readonly documents: number;
  /** Of content. */
  readonly bytes: number;
}

/** What a dry run finds. */
export interface DuePractices {
  readonly practices: readonly DuePractice[];
  /** There are more than one request takes: they are for the next. */
  readonly more: boolean;
}

export interface DueQuestion {
  readonly periods: readonly RetentionPeriod[];
  readonly now: Date;
  /** CUIs of practices that are to be kept all the same. */
  readonly except: readonly string[];
}

/** Practices that were closed longer ago than their period, those filed first in front. A request holds none twice. */
export async function findDue(tx: Tx, { periods, now, except }: DueQuestion): Promise<DuePractices> {
  const shortest = shortestOf(periods);
  if (shortest === null) return { practices: [], more: false };
  const rows = await tx.query<Omit<DuePractice, 'bytes'> & { bytes: string }>(
    `select p.owner, p.uuid, p.cui, p.procedure, p.part, p.state, p.closed as "closedAt", p.due as "dueSince", p.basis,
       d.documents, d.bytes
     from (
       select p.owner, p.uuid, p.cui, p.procedure_code as procedure, p.part, p.state_code as state, p.filed_at, r.basis,
         e.closed, e.closed + make_interval(months => r.months, days => r.days) as due
       from practice p
       cross join lateral (
         select * from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::text[]) with ordinality
           as r(pattern, part, months, days, basis, place)
         where p.procedure_code like r.pattern and (r.part is null or r.part = p.part) order by r.place limit 1) r
       cross join lateral (
         select max(received_at) as closed from event e where e.owner = p.owner and e.uuid = p.uuid) e
       where p.filed_at <= $6::timestamptz - make_interval(months => $7, days => $8) and r.months is not null
         and (p.state_code = 'refused' or p.state_code like 'ended\\_by\\_%')
         and not (lower(p.cui) = any($9::text[]))
         and not exists (select 1 from retention_practice x join retention_request q on q.id = x.request
           where x.owner = p.owner and x.uuid = p.uuid and not x.spared
             and (q.status in ('approved', 'destroyed') or q.status = 'open' and q.expires_at > $6))
     ) p
     cross join lateral (
       select count(*)::int as documents, coalesce(sum(size), 0)::bigint as bytes
       from document d where d.owner = p.owner and d.uuid = p.uuid and d.status <> 'destroyed') d
     where p.due <= $6 and d.documents > 0
     order by p.filed_at, p.uuid limit $10`,
    [
      periods.map(({ procedure }) => procedure.replaceAll(/[\\_%]/g, '\\$&').replaceAll('*', '%')),
      periods.map(({ part }) => part),
      periods.map(({ keep }) => keep?.months ?? null),
      periods.map(({ keep }) => keep?.days ?? null),
      periods.map(({ basis }) => basis),
      now,
      shortest.months,
      shortest.days,
      except.map((cui) => cui.toLowerCase()),
      MOST_PRACTICES + 1,
    ],
  );
  return ofOneRequest(rows.map((row) => ({ ...row, bytes: Number(row.bytes) })));
}

function ofOneRequest(found: readonly DuePractice[]): DuePractices {
  const practices: DuePractice[] = [];
  let documents = 0;
  for (const practice of found.slice(0, MOST_PRACTICES)) {
    documents += practice.documents;
    if (documents > MOST_DOCUMENTS && practices.length > 0) break;
    practices.push(practice);
  }
  return { practices, more: practices.length < found.length };
}

/** What was filed later than that cannot be due; null if everything is kept for ever. */
function shortestOf(periods: readonly RetentionPeriod[]): RetentionPeriod['keep'] {
  const kept = periods.flatMap(({ keep }) => (keep === null ? [] : [keep]));
  if (kept.length === 0) return null;
  return {
    months: Math.min(...kept.map(({ months }) => months)),
    days: Math.min(...kept.map(({ days }) => days)),
  };
}
