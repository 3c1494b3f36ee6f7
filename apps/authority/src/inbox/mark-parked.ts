import type { EventId, IpaCode, PracticeId } from '#contracts';
import { HubError, isErrorCode } from '#errors';
import { sha256Hex } from '#evidence';
import { headerText, type IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
import type { NodeParts } from '../node-parts.ts';
import type { ParkedNotice } from './arrived.ts';
import type { BatchChanges } from './batch-changes.ts';
import { eventKeyOf } from './event-key.ts';

/** @throws HubError `PARKED_NOTICE_MALFORMED` */
export function screenParkedNotice(record: IncomingRecord): ParkedNotice {
  const code = headerText(record, 'hub_code');
  if (code === undefined || !isErrorCode(code)) {
    throw new HubError('PARKED_NOTICE_MALFORMED', `the notice carries no known code: ${code ?? 'none'}`);
  }
  const reason = headerText(record, 'hub_reason') ?? null;
  return { digest: sha256Hex(record.value), code, reason };
}

interface UnplacedEvent {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly eventId: EventId;
  readonly type: string;
  readonly digest: string;
  /** Null while it is provisional; the code with which the router has parked it. */
  readonly code: string | null;
}

/** The node's own events without a place, by the digest of their bytes. */
export type OwnUnplaced = ReadonlyMap<string, UnplacedEvent>;

/** Loads those that notices speak of, and keeps them as they are until the transaction ends. */
export async function loadUnplaced(
  tx: Tx,
  ipa: IpaCode,
  notices: readonly ParkedNotice[],
): Promise<OwnUnplaced> {
  if (notices.length === 0) return new Map();
  const rows = await tx.query<UnplacedEvent>(
    `select owner, uuid, event_id as "eventId", type, digest, parked_code as code from event
     where author = $1 and digest = any($2::text[]) and status in ('provisional', 'parked')
     order by event_id for update`,
    [ipa, [...new Set(notices.map(({ digest }) => digest))]],
  );
  return new Map(rows.map((row) => [row.digest, row]));
}

/**
 * Marks the node's own event as parked, with the code. The bytes themselves say which event it was: a notice cannot
 * touch an event that already has its position, and delivered again it changes nothing.
 */
export function markParked(
  changes: BatchChanges,
  { ipa }: Pick<NodeParts, 'ipa'>,
  unplaced: OwnUnplaced,
  notice: ParkedNotice,
): void {
  const event = unplaced.get(notice.digest);
  if (event === undefined) return;
  const { owner, uuid, eventId, type } = event;
  const key = eventKeyOf({ author: { ipa }, id: eventId });
  // It has come back with its place in this very batch.
  if (changes.events.has(key) || changes.dropped.has(key)) return;
  if (notice.code === (changes.notices.get(eventId)?.code ?? event.code)) return;
  changes.notices.set(eventId, notice);
  changes.tell({ feed: { kind: 'parked', owner, uuid, author: ipa, eventId, type, position: null } });
}

export async function saveNotices(
  tx: Tx,
  ipa: IpaCode,
  notices: ReadonlyMap<string, ParkedNotice>,
  at: Date,
): Promise<void> {
  if (notices.size === 0) return;
  await tx.query(
    `update event e set status = 'parked', parked_code = n.code, parked_reason = n.reason, parked_at = $5
     from unnest($2::uuid[], $3::text[], $4::text[]) as n(event_id, code, reason)
     where e.author = $1 and e.event_id = n.event_id and e.status in ('provisional', 'parked')`,
    [
      ipa,
      [...notices.keys()],
      [...notices.values()].map(({ code }) => code),
      [...notices.values()].map(({ reason }) => reason),
      at,
    ],
  );
}
