import { HUB_HEADERS, outboxOwner, topics, type IpaCode } from '#contracts';
import type { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import { appendOutbox, type OutboxRecord, type Tx } from '#persistence';
import type { IdSource } from '#platform';
import type { Origin } from '../routing/practice-ledger.ts';

/** A record that did not pass, with the reason. */
export interface Refused {
  readonly origin: Origin;
  readonly bytes: Buffer;
  readonly headers: IncomingRecord['headers'];
  readonly error: HubError;
}

/**
 * Keeps what did not pass, bytes and reason, publishes it on `practice.quarantine`, and tells the member in whose
 * outbox it stood. A record that is delivered again and fails again stays one entry.
 */
export async function parkRecords(
  tx: Tx,
  refused: readonly Refused[],
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<void> {
  for (const one of refused) {
    const member = outboxOwner(one.origin.topic);
    const inserted = await tx.query(
      `insert into quarantine (id, origin, member, event_id, headers, bytes, code, reason, status, parked_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 'parked', $9)
       on conflict ((origin->>'topic'), (origin->>'partition'), (origin->>'offset')) do nothing returning id`,
      [
        ids.uuidv7(),
        JSON.stringify({
          topic: one.origin.topic,
          partition: one.origin.partition,
          offset: one.origin.offset,
        }),
        member,
        claimedId(one),
        JSON.stringify(textHeaders(one.headers)),
        one.bytes,
        one.error.code,
        one.error.message,
        now,
      ],
    );
    if (inserted.length > 0) await appendOutbox(tx, parkedRecords(one, member));
  }
}

function parkedRecords(one: Refused, member: string | null): OutboxRecord[] {
  const headers = {
    [HUB_HEADERS.class]: 'parked',
    [HUB_HEADERS.code]: one.error.code,
    [HUB_HEADERS.reason]: one.error.message,
    [HUB_HEADERS.origin]: `${one.origin.topic}/${one.origin.partition}/${one.origin.offset}`,
  };
  const to = member === null ? [topics.quarantine] : [topics.quarantine, topics.inbox(member as IpaCode)];
  return [{ topics: to, key: null, value: one.bytes, headers }];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id that the record's header claims, for people who search; nothing is decided by it. */
function claimedId(one: Refused): string | null {
  const id = one.headers['ce_id']?.toString() ?? '';
  return UUID.test(id) ? id : null;
}

function textHeaders(headers: IncomingRecord['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString('base64')]));
}
