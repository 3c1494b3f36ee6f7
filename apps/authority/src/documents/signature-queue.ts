/** The node's table of signature reports, as the queue of what is still to check: an order commits with its document. */
import type { HubEvent } from '#contracts';
import type { DocumentKey } from '#documents';
import { dueAt, queueNow, type Tx } from '#persistence';
import type { SignatureReport } from '#signed-uploads';
import { ROLES_OF_ONE_EVENT } from './roles-of-one-event.ts';

/** A check that was begun is due again after this, milliseconds: its process died. */
const CLAIM_MS = 120_000;

export interface CheckJob {
  readonly key: DocumentKey;
  /** Bytes. */
  readonly size: number;
  /** Checks begun, this one included. */
  readonly attempts: number;
}

/** Orders the check of what was handed in with this node's own events: what the node wrote itself is no upload. */
export async function orderChecksOfEvents(tx: Tx, events: readonly HubEvent[]): Promise<void> {
  await tx.query(
    `insert into document_signatures (owner, uuid, document_id, next_attempt_at)
     select d.owner, d.uuid, d.document_id, ${queueNow('e.time')}
     from unnest($1::text[], $2::uuid[], $3::timestamptz[]) as e(author, id, time)
     join document d on d.author = e.author and d.event_id = e.id
     where d.role <> all($4)
     on conflict do nothing`,
    [
      events.map(({ author }) => author.ipa),
      events.map(({ id }) => id),
      events.map(({ time }) => time),
      ROLES_OF_ONE_EVENT,
    ],
  );
}

/** Orders the checks of documents of one practice that have arrived. */
export async function orderChecks(
  tx: Tx,
  { owner, practice }: Pick<DocumentKey, 'owner' | 'practice'>,
  documents: readonly DocumentKey['document'][],
  at: Date,
): Promise<void> {
  await tx.query(
    `insert into document_signatures (owner, uuid, document_id, next_attempt_at)
     select $1, $2, id, ${queueNow('$4')} from unnest($3::uuid[]) as id
     on conflict do nothing`,
    [owner, practice, documents, at],
  );
}

/** Takes the order that has waited longest. That it was begun is written before: whoever dies of it is counted. */
export async function claimCheck(tx: Tx, now: Date): Promise<CheckJob | undefined> {
  const [row] = await tx.query<DocumentKey & { size: string; attempts: number }>(
    `update document_signatures s set attempts = s.attempts + 1, next_attempt_at = ${queueNow('$1')} + make_interval(secs => $2)
     from (
       select owner, uuid, document_id from document_signatures where report is null and next_attempt_at <= ${queueNow('$1')}
       order by next_attempt_at limit 1 for update skip locked
     ) due join document d using (owner, uuid, document_id)
     where s.owner = due.owner and s.uuid = due.uuid and s.document_id = due.document_id
     returning s.owner, s.uuid as practice, s.document_id as document, s.attempts, d.size`,
    [now, CLAIM_MS / 1000],
  );
  if (row === undefined) return undefined;
  const { owner, practice, document } = row;
  return { key: { owner, practice, document }, size: Number(row.size), attempts: row.attempts };
}

/** Gives an order back, for later. `attempts` counts the checks that were begun and came to no end. */
export async function postponeCheck(
  tx: Tx,
  { key }: CheckJob,
  next: { readonly at: Date; readonly attempts: number },
  now: Date,
): Promise<void> {
  await tx.query(
    `update document_signatures set next_attempt_at = ${dueAt('$4', '$6')}, attempts = $5
     where owner = $1 and uuid = $2 and document_id = $3 and report is null`,
    [key.owner, key.practice, key.document, next.at, next.attempts, now],
  );
}

/** Writes the report, unless the document was erased in the meantime or another process was quicker. */
export async function recordReport(
  tx: Tx,
  { key }: CheckJob,
  report: SignatureReport,
  at: Date,
): Promise<void> {
  await tx.query(
    `update document_signatures set report = $4, checked_at = $5, next_attempt_at = null
     where owner = $1 and uuid = $2 and document_id = $3 and report is null`,
    [key.owner, key.practice, key.document, JSON.stringify(report), at],
  );
}
