import { HubError } from '#errors';
import { dueAt, queueNow, type FeedPosition, type Tx } from '#persistence';
import type { FeedItem } from '../feed/append-feed.ts';

export type WebhookState = 'active' | 'paused' | 'suspended';

/** A webhook as it is stored. */
export interface WebhookRow {
  readonly id: string;
  readonly label: string;
  readonly url: string;
  readonly kinds: readonly FeedItem['kind'][];
  readonly state: WebhookState;
  readonly stateSince: Date;
  readonly stateCode: string | null;
  readonly revision: number;
  /** 64-bit numbers as text. */
  readonly cursorXid: string;
  readonly cursorId: string;
  readonly failingSince: Date | null;
  readonly failures: number;
  readonly nextAttemptAt: Date | null;
  readonly lastDeliveredAt: Date | null;
  readonly createdAt: Date;
}

export const WEBHOOK_COLUMNS = `w.id, w.label, w.url, w.kinds, w.state, w.state_since as "stateSince", w.state_code as "stateCode",
  w.revision, w.cursor_xid::text as "cursorXid", w.cursor_id::text as "cursorId", w.failing_since as "failingSince",
  w.failures, w.next_attempt_at as "nextAttemptAt", w.last_delivered_at as "lastDeliveredAt", w.created_at as "createdAt"`;

/** Takes the row's lock: what follows is said of this state. @throws HubError `WEBHOOK_NOT_FOUND` */
export async function lockWebhook(tx: Tx, id: string): Promise<WebhookRow> {
  const [row] = await tx.query<WebhookRow>(
    `select ${WEBHOOK_COLUMNS} from webhook w where w.id = $1 for update`,
    [id],
  );
  if (row === undefined) throw webhookNotFound(id);
  return row;
}

export function webhookNotFound(id: string): HubError {
  return new HubError('WEBHOOK_NOT_FOUND', `there is no webhook ${id}`);
}

const IS_DUE = `w.state = 'active' and (w.next_attempt_at is null or w.next_attempt_at <= ${queueNow('$1')})`;

/** Ids of the webhooks that may send now, whether or not the feed has anything for them. */
export async function dueWebhooks(tx: Tx, now: Date): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(`select w.id from webhook w where ${IS_DUE}`, [now]);
  return rows.map(({ id }) => id);
}

/** A webhook, if it may send now. */
export async function dueWebhook(tx: Tx, id: string, now: Date): Promise<WebhookRow | undefined> {
  const [row] = await tx.query<WebhookRow>(
    `select ${WEBHOOK_COLUMNS} from webhook w where ${IS_DUE} and w.id = $2`,
    [now, id],
  );
  return row;
}

/** The secrets that sign now, newest first. */
export async function secretsInForce(tx: Tx, id: string, now: Date): Promise<string[]> {
  const rows = await tx.query<{ secret: string }>(
    `select secret from webhook_secret where webhook_id = $1 and (expires_at is null or expires_at > $2)
     order by created_at desc, id desc`,
    [id, now],
  );
  return rows.map(({ secret }) => secret);
}

/**
 * Moves a webhook on to `to`, unless it is no longer at `from`. A message that was taken counts even if an operator
 * has paused or changed the webhook meanwhile.
 * @returns false if the webhook must be read again before it goes on
 */
export async function moveOn(
  tx: Tx,
  webhook: WebhookRow,
  {
    from,
    to,
    deliveredAt,
  }: { readonly from: FeedPosition; readonly to: FeedPosition; readonly deliveredAt: Date | null },
): Promise<boolean> {
  const [row] = await tx.query<{ state: WebhookState; revision: number }>(
    `update webhook set cursor_xid = $4::xid8, cursor_id = $5::bigint, failing_since = null, failures = 0,
       next_attempt_at = null, last_delivered_at = coalesce($6, last_delivered_at)
     where id = $1 and cursor_xid = $2::xid8 and cursor_id = $3::bigint
     returning state, revision`,
    [webhook.id, ...textsOf(from), ...textsOf(to), deliveredAt],
  );
  return row?.state === 'active' && row.revision === webhook.revision;
}

/** Notes a failed attempt, unless an operator has changed the webhook meanwhile. */
export async function postpone(tx: Tx, webhook: WebhookRow, now: Date, next: Date): Promise<void> {
  await tx.query(
    `update webhook set failing_since = coalesce(failing_since, $3::timestamptz), failures = failures + 1, next_attempt_at = ${dueAt('$4', '$3')}
     where id = $1 and revision = $2 and state = 'active'`,
    [webhook.id, webhook.revision, now, next],
  );
}

/** Suspends a webhook after its last attempt, unless an operator has changed it meanwhile. */
export async function suspend(tx: Tx, webhook: WebhookRow, now: Date, code: string): Promise<void> {
  await tx.query(
    `update webhook set state = 'suspended', state_since = $3, state_code = $4, revision = revision + 1,
       failing_since = coalesce(failing_since, $3), failures = failures + 1, next_attempt_at = null
     where id = $1 and revision = $2 and state = 'active'`,
    [webhook.id, webhook.revision, now, code],
  );
}

/** An attempt, as the log of a webhook keeps it: of what the receiver said only the status. */
export interface AttemptRow {
  readonly messageId: string;
  readonly at: Date;
  readonly latencyMs: number;
  /** Null if there was no answer. */
  readonly status: number | null;
  /** Null if the message was taken. */
  readonly code: string | null;
}

/** How many attempts the log of a webhook keeps. */
export const ATTEMPTS_KEPT = 100;

export async function logAttempt(tx: Tx, id: string, attempt: AttemptRow): Promise<void> {
  await tx.query(
    `insert into webhook_attempt (webhook_id, message_id, at, latency_ms, status, code)
     select $1, $2, $3, $4, $5, $6 where exists (select 1 from webhook where id = $1)`,
    [id, attempt.messageId, attempt.at, attempt.latencyMs, attempt.status, attempt.code],
  );
  await tx.query(
    `delete from webhook_attempt where webhook_id = $1
       and id <= (select id from webhook_attempt where webhook_id = $1 order by id desc offset $2 limit 1)`,
    [id, ATTEMPTS_KEPT],
  );
}

function textsOf({ xid, id }: FeedPosition): [string, string] {
  return [xid.toString(), id.toString()];
}
