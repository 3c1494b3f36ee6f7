import { parseEventId, type EventId, type IpaCode } from '#contracts';
import { HubError, isErrorCode } from '#errors';
import { headerText, type IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
import { createHash } from 'node:crypto';
import { appendFeed } from '../feed/append-feed.ts';

/** The router's notice that it parked one of this node's records: the bytes come back, with the reason. */
export interface ParkedNotice {
  readonly digest: string;
  readonly code: string;
  /** What was wrong, in the router's words. */
  readonly reason: string | null;
}

/** @throws HubError `PARKED_NOTICE_MALFORMED` */
export function screenParkedNotice(record: IncomingRecord): ParkedNotice {
  const code = headerText(record, 'hub_code');
  if (code === undefined || !isErrorCode(code)) {
    throw new HubError('PARKED_NOTICE_MALFORMED', `the notice carries no known code: ${code ?? 'none'}`);
  }
  const reason = headerText(record, 'hub_reason') ?? null;
  return { digest: createHash('sha256').update(record.value).digest('hex'), code, reason };
}

/**
 * Marks the node's own event as parked, with the code. The bytes themselves say which event it was: a notice cannot
 * touch an event that already has its position, and delivered again it changes nothing.
 */
export async function markParked(tx: Tx, ipa: IpaCode, notice: ParkedNotice, now: Date): Promise<void> {
  const rows = await tx.query<{ owner: IpaCode; uuid: never; eventId: string; type: string }>(
    `update event set status = 'parked', parked_code = $3, parked_reason = $4, parked_at = $5
     where author = $1 and digest = $2
       and (status = 'provisional' or (status = 'parked' and parked_code is distinct from $3))
     returning owner, uuid, event_id as "eventId", type`,
    [ipa, notice.digest, notice.code, notice.reason, now],
  );
  for (const row of rows) {
    const eventId: EventId = parseEventId(row.eventId);
    await appendFeed(
      tx,
      [
        {
          kind: 'parked',
          owner: row.owner,
          uuid: row.uuid,
          author: ipa,
          eventId,
          type: row.type,
          position: null,
        },
      ],
      now,
    );
  }
}
