/** The decisions that a restored database lacks, on their way back into it. */
import { parseDecision, parseSignedItem, type Decision, type IpaCode, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';

/** A published decision, verified, with its bytes as they travelled. */
export interface Published {
  readonly decision: Decision;
  readonly item: Buffer;
}

/** A decision that is to be adopted, with its event's bytes. */
export interface Lost extends Published {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * Notes those decisions that the database lacks.
 * @returns how many that were
 * @throws HubError `DECISION_CONTRADICTED` if the database has another decision about the same event
 */
export async function noteLost(tx: Tx, published: readonly Published[]): Promise<number> {
  const held = await heldDecisions(tx, published);
  const lost = published.filter(({ decision: { event }, item }) => {
    const known = held.get(`${event.author}/${event.id}`);
    if (known === undefined) return true;
    if (known.equals(item)) return false;
    throw new HubError(
      'DECISION_CONTRADICTED',
      `event ${event.id} of ${event.author} has one decision on practice.routing and another in the database`,
    );
  });
  for (const { decision, item } of lost) {
    const { author, id, digest } = decision.event;
    await tx.query(
      `insert into lost_decision (author, event_id, event_digest, decision) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [author, id, digest, item],
    );
  }
  return lost.length;
}

async function heldDecisions(tx: Tx, published: readonly Published[]): Promise<Map<string, Buffer>> {
  const rows = await tx.query<{ author: string; id: string; decision: Buffer }>(
    `select author, event_id as id, decision
     from unnest($1::text[], $2::uuid[]) as c(author, event_id) join routed_event using (author, event_id)`,
    [
      published.map(({ decision }) => decision.event.author),
      published.map(({ decision }) => decision.event.id),
    ],
  );
  return new Map(rows.map((row) => [`${row.author}/${row.id}`, row.decision]));
}

/** Whether anything waits to be adopted. */
export async function anyLost(tx: Tx): Promise<boolean> {
  return (await tx.query('select 1 as lost from lost_decision limit 1')).length > 0;
}

/** Authors of events whose bytes are not found yet. */
export async function authorsToSearch(tx: Tx): Promise<IpaCode[]> {
  const rows = await tx.query<{ author: IpaCode }>(
    'select distinct author from lost_decision where bytes is null order by author',
  );
  return rows.map(({ author }) => author);
}

/** Keeps the bytes of events that are searched for; the digest in the decision says which they are. */
export async function noteBytes(
  tx: Tx,
  found: readonly { readonly digest: Sha256; readonly bytes: Buffer }[],
): Promise<void> {
  const byDigest = new Map(found.map(({ digest, bytes }) => [digest, bytes]));
  const wanted = await tx.query<{ id: string; digest: Sha256 }>(
    `select id, event_digest as digest from lost_decision where bytes is null and event_digest = any($1::text[])`,
    [[...byDigest.keys()]],
  );
  for (const { id, digest } of wanted)
    await tx.query('update lost_decision set bytes = $2 where id = $1', [id, byDigest.get(digest)]);
}

/** Bytes that this database has by itself: of events that waited behind a gap, or stood in quarantine. */
export async function noteBytesHeld(tx: Tx): Promise<void> {
  await tx.query(
    `update lost_decision l set bytes = w.bytes from waiting_event w
     where l.bytes is null and w.digest = l.event_digest`,
  );
  await tx.query(
    `update lost_decision l set bytes = q.bytes from quarantine q
     where l.bytes is null and encode(sha256(q.bytes), 'hex') = l.event_digest`,
  );
}

/**
 * The next decisions to be adopted, in the order in which they were published.
 * @throws HubError `DECIDED_EVENT_MISSING` if the bytes of one were found nowhere
 */
export async function nextLost(tx: Tx, limit: number): Promise<Lost[]> {
  const rows = await tx.query<{ id: string; item: Buffer; bytes: Buffer | null }>(
    'select id, decision as item, bytes from lost_decision order by id limit $1',
    [limit],
  );
  return rows.map(({ id, item, bytes }) => {
    const decision = parseDecision(parseSignedItem(item).item);
    if (bytes !== null) return { id, item, bytes, decision };
    const { author, id: event } = decision.event;
    throw new HubError('DECIDED_EVENT_MISSING', `event ${event} of ${author} is not to be found`, {
      details: { author, event },
    });
  });
}

export async function forgetLost(tx: Tx, adopted: readonly Lost[]): Promise<void> {
  await tx.query('delete from lost_decision where id = any($1::bigint[])', [adopted.map(({ id }) => id)]);
}
