/** Requests to destroy documents, as rows. */
import type { IpaCode, PracticeId } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { RequestView } from './retention-shapes.ts';

export interface RequestRow {
  readonly id: string;
  readonly status: 'open' | 'refused' | 'withdrawn' | 'approved' | 'destroyed' | 'applied';
  readonly requestedAt: Date;
  readonly requestedBy: string;
  readonly act: string;
  readonly reason: string;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
}

export interface RequestedPractice {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly closedAt: Date;
}

/** Locked until the transaction ends. @throws HubError `RETENTION_REQUEST_NOT_FOUND` */
export async function lockRequest(tx: Tx, id: string): Promise<RequestRow> {
  const [row] = await tx.query<RequestRow>(
    `select id, status, requested_at as "requestedAt", requested_by as "requestedBy", act, reason,
       expires_at as "expiresAt", decided_by as "decidedBy"
     from retention_request where id = $1 for update`,
    [id],
  );
  if (row !== undefined) return row;
  throw new HubError('RETENTION_REQUEST_NOT_FOUND', `there is no request ${id}`);
}

/** The practices of a request that are not spared. */
export function practicesOf(tx: Tx, request: string): Promise<RequestedPractice[]> {
  return tx.query<RequestedPractice>(
    `select owner, uuid, closed_at as "closedAt" from retention_practice
     where request = $1 and not spared order by owner, uuid`,
    [request],
  );
}

const VIEW = `select q.id, case when q.status = 'open' and q.expires_at <= $1 then 'expired' else q.status end as status,
    q.requested_at as "requestedAt", r.label as "requestedBy", q.act, q.reason, q.expires_at as "expiresAt",
    q.decided_at as "decidedAt", a.label as "decidedBy", q.decision_note as note, q.destroyed_at as "destroyedAt",
    q.applied_at as "appliedAt", t.practices, t.documents, t.bytes, t.spared
  from retention_request q
    left join access_token r on r.id = q.requested_by left join access_token a on a.id = q.decided_by
    cross join lateral (
      select (count(*) filter (where not spared))::int as practices, (count(*) filter (where spared))::int as spared,
        coalesce(sum(documents) filter (where not spared), 0)::int as documents,
        coalesce(sum(bytes) filter (where not spared), 0)::bigint as bytes
      from retention_practice x where x.request = q.id) t`;

type ViewRow = Omit<RequestView, 'bytes'> & { readonly bytes: string };

/** @throws HubError `RETENTION_REQUEST_NOT_FOUND` */
export async function viewRequest(tx: Tx, id: string, now: Date): Promise<RequestView> {
  const [row] = await tx.query<ViewRow>(`${VIEW} where q.id = $2`, [now, id]);
  if (row !== undefined) return viewOf(row);
  throw new HubError('RETENTION_REQUEST_NOT_FOUND', `there is no request ${id}`);
}

/** Newest first; `after` is where the page before ended. */
export async function listRequests(
  tx: Tx,
  { now, after, limit }: { readonly now: Date; readonly after: readonly string[]; readonly limit: number },
): Promise<RequestView[]> {
  const rows = await tx.query<ViewRow>(
    `${VIEW} where $2::timestamptz is null or (q.requested_at, q.id) < ($2, $3::uuid)
     order by q.requested_at desc, q.id desc limit $4`,
    [now, after[0] ?? null, after[1] ?? null, limit],
  );
  return rows.map(viewOf);
}

function viewOf(row: ViewRow): RequestView {
  return { ...row, bytes: Number(row.bytes) };
}
