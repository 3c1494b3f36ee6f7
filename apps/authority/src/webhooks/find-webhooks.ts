import { encodeCursor, type Tx, type UnitOfWork } from '#persistence';
import type { z } from 'zod';
import { TRIED_FOR_MS } from './retry-plan.ts';
import type { attemptView, WebhookView } from './webhook-shapes.ts';
import { WEBHOOK_COLUMNS, webhookNotFound, type AttemptRow, type WebhookRow } from './webhook-store.ts';

/** What waits is counted in so many entries behind the cursor. */
const COUNTED = 1_000;

export type AttemptView = z.output<typeof attemptView>;

interface ShownRow extends WebhookRow {
  readonly waiting: number;
  readonly oldest: Date | null;
  readonly secrets: WebhookView['secrets'];
  readonly lastAttempt: (Omit<AttemptRow, 'at'> & { readonly at: string }) | null;
}

/** The webhooks of this node and how they stand; never their secrets. */
export class FindWebhooks {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** All of them, oldest first. */
  list(): Promise<WebhookView[]> {
    return this.#work.read((tx) => viewsOf(tx, null));
  }

  /** @throws HubError `WEBHOOK_NOT_FOUND` */
  show(id: string): Promise<WebhookView> {
    return this.#work.read((tx) => viewIn(tx, id));
  }

  /** The latest attempts, newest first. @throws HubError `WEBHOOK_NOT_FOUND` */
  attempts(id: string, limit: number): Promise<AttemptView[]> {
    return this.#work.read(async (tx) => {
      const found = await tx.query('select 1 as found from webhook where id = $1', [id]);
      if (found.length === 0) throw webhookNotFound(id);
      const rows = await tx.query<AttemptRow>(
        `select message_id as "messageId", at, latency_ms as "latencyMs", status, code
         from webhook_attempt where webhook_id = $1 order by id desc limit $2`,
        [id, limit],
      );
      return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
    });
  }
}

/** @throws HubError `WEBHOOK_NOT_FOUND` */
export async function viewIn(tx: Tx, id: string): Promise<WebhookView> {
  const [view] = await viewsOf(tx, id);
  if (view === undefined) throw webhookNotFound(id);
  return view;
}

async function viewsOf(tx: Tx, id: string | null): Promise<WebhookView[]> {
  const rows = await tx.query<ShownRow>(
    `select ${WEBHOOK_COLUMNS}, b.waiting, b.oldest, coalesce(s.secrets, '[]') as secrets, a.attempt as "lastAttempt"
     from webhook w
     cross join lateral (
       select count(*)::int as waiting, min(at) as oldest from (
         select f.kind, f.at from feed f where (f.xid, f.id) > (w.cursor_xid, w.cursor_id)
         order by f.xid, f.id limit ${COUNTED}) behind
       where kind = any(w.kinds)) b
     left join lateral (
       select json_agg(json_build_object('id', k.id, 'createdAt', ${isoText('k.created_at')},
           'expiresAt', ${isoText('k.expires_at')}) order by k.created_at desc, k.id desc) as secrets
       from webhook_secret k where k.webhook_id = w.id) s on true
     left join lateral (
       select json_build_object('messageId', t.message_id, 'at', ${isoText('t.at')}, 'latencyMs', t.latency_ms,
           'status', t.status, 'code', t.code) as attempt
       from webhook_attempt t where t.webhook_id = w.id order by t.id desc limit 1) a on true
     where $1::uuid is null or w.id = $1
     order by w.created_at, w.id`,
    [id],
  );
  return rows.map(viewOf);
}

/** A time in JSON as JavaScript writes it. */
function isoText(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

function viewOf(row: ShownRow): WebhookView {
  const { failingSince } = row;
  const isTrying = row.state !== 'suspended' && failingSince !== null;
  return {
    id: row.id,
    label: row.label,
    url: row.url,
    kinds: [...row.kinds],
    state: row.state,
    stateSince: row.stateSince.toISOString(),
    suspended: row.stateCode,
    failing: isTrying
      ? {
          since: failingSince.toISOString(),
          attempts: row.failures,
          next: row.nextAttemptAt?.toISOString() ?? null,
          suspendedAt: new Date(failingSince.getTime() + TRIED_FOR_MS).toISOString(),
        }
      : null,
    waiting: { count: row.waiting, oldest: row.oldest?.toISOString() ?? null },
    cursor: encodeCursor({ xid: BigInt(row.cursorXid), id: BigInt(row.cursorId) }),
    lastDeliveredAt: row.lastDeliveredAt?.toISOString() ?? null,
    lastAttempt: row.lastAttempt,
    secrets: row.secrets,
    createdAt: row.createdAt.toISOString(),
  };
}
