/** The receipts that this node had sent before its database was restored: what was signed once is not signed again. */
import type { Receipt, Registration, RegistrationCancellation } from '#contracts';
import type { Tx } from '#persistence';

/** A receipt of this node's, verified, as it travelled. */
export interface PublishedReceipt {
  readonly receipt: Receipt;
  readonly bytes: Buffer;
}

/** Keeps receipts; of two for one event and kind the first, as everybody else does. */
export async function keepPublished(tx: Tx, published: readonly PublishedReceipt[]): Promise<void> {
  for (const { receipt, bytes } of published) {
    const { event, kind, time, registration, cancellation } = receipt;
    await tx.query(
      `insert into published_receipt (author, event_id, kind, time, registration, cancellation, bytes)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      [event.author, event.id, kind, time, json(registration), json(cancellation), bytes],
    );
  }
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Those receipts of which this node has not said the same before its database was restored. */
export async function withoutPublished(tx: Tx, receipts: readonly Receipt[]): Promise<readonly Receipt[]> {
  const rows = await tx.query<{ author: string; id: string; kind: string }>(
    `select author, event_id as id, kind
     from unnest($1::text[], $2::uuid[], $3::text[]) as c(author, event_id, kind)
       join published_receipt using (author, event_id, kind)`,
    [
      receipts.map(({ event }) => event.author),
      receipts.map(({ event }) => event.id),
      receipts.map(({ kind }) => kind),
    ],
  );
  if (rows.length === 0) return receipts;
  const said = new Set(rows.map(({ author, id, kind }) => `${author} ${id} ${kind}`));
  return receipts.filter(({ event, kind }) => !said.has(`${event.author} ${event.id} ${kind}`));
}

export interface PublishedRegistration {
  readonly registration: Registration;
  readonly time: Date;
}

/** Under which number this node has told the author that it registered the event. */
export async function publishedRegistration(
  tx: Tx,
  author: string,
  eventId: string,
): Promise<PublishedRegistration | undefined> {
  const [row] = await tx.query<PublishedRegistration>(
    `select registration, time from published_receipt
     where author = $1 and event_id = $2 and kind = 'registered'`,
    [author, eventId],
  );
  return row;
}

/** Cancels again the entry of an event whose cancellation was told, if it stands in the register uncancelled. */
export async function repeatCancellation(tx: Tx, author: string, eventId: string): Promise<void> {
  const [row] = await tx.query<{ cancellation: RegistrationCancellation | null; time: Date }>(
    `select cancellation, time from published_receipt
     where author = $1 and event_id = $2 and kind = 'registration-cancelled'`,
    [author, eventId],
  );
  const cancellation = row?.cancellation;
  if (!row || !cancellation) return;
  await tx.query(
    `update protocol set state = 'cancelled', cancelled_at = $3, cancellation_reason = $4, cancellation_act = $5
     where author = $1 and event_id = $2 and state = 'registered'`,
    [author, eventId, row.time, cancellation.reason, cancellation.act],
  );
}
