import { CLOUD_EVENT_HEADERS, HUB_HEADERS, outboxOwner, topics, type IpaCode } from '#contracts';
import type { ErrorCode, HubError } from '#errors';
import { sha256Hex } from '#evidence';
import type { IncomingRecord } from '#messaging';
import { appendOutbox, MAX_OUTBOX_RECORD_BYTES, type OutboxRecord, type Tx } from '#persistence';
import type { IdSource } from '#platform';
import { keepAllParked, supersedeParked, type Superseded } from '#quarantine';
import type { Origin } from '../routing/practice-ledger.ts';
import { claimedId } from './claimed-id.ts';

/** A record that did not pass, with the reason. */
export interface Refused {
  readonly origin: Origin;
  readonly bytes: Buffer;
  readonly headers: IncomingRecord['headers'];
  readonly error: HubError;
}

/**
 * Keeps what did not pass, bytes and reason, publishes it on `practice.quarantine`, and tells the member in whose
 * outbox it stood. A record that is delivered again and fails again stays one entry, and nobody is told twice; with
 * another reason, or after it was released, it is news.
 */
export async function parkRecords(
  tx: Tx,
  refused: readonly Refused[],
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<void> {
  const records = refused.map((one) => ({
    origin: one.origin,
    bytes: one.bytes,
    headers: judgedHeaders(one.headers),
    code: one.error.code,
    reason: reasonOf(one),
  }));
  const areNews = await keepAllParked(tx, records, { now, ids });
  const news = refused.filter((_, index) => areNews[index]);
  await supersedeParked(tx, news.map(supersededBy), now);
  await appendOutbox(tx, news.map(notice));
}

/** Its author has sent the same bytes again: one entry for them, the new one, and a notice that says so. */
function supersededBy({ origin, bytes, error }: Refused): Superseded {
  const same = { topic: origin.topic, digest: sha256Hex(bytes) };
  return SETTLED.has(error.code) ? same : { ...same, except: origin };
}

/** The original bytes with the reason. Bytes too large to be sent again stay in the quarantine alone. */
function notice(one: Refused): OutboxRecord {
  const member = outboxOwner(one.origin.topic);
  const headers = {
    [HUB_HEADERS.class]: 'parked',
    [HUB_HEADERS.code]: one.error.code,
    [HUB_HEADERS.reason]: reasonOf(one),
    [HUB_HEADERS.origin]: `${one.origin.topic}/${one.origin.partition}/${one.origin.offset}`,
    ...claimedIdHeader(one),
  };
  const to = member === null ? [topics.quarantine] : [topics.quarantine, topics.inbox(member as IpaCode)];
  const value = one.bytes.length > MAX_NOTICE_BYTES ? Buffer.alloc(0) : one.bytes;
  return { topics: to, key: null, value, headers };
}

function claimedIdHeader(one: Refused): { readonly ce_id?: string } {
  const id = claimedId(one.headers['ce_id']);
  return id === null ? {} : { ce_id: id };
}

/** Part of what was refused may be in the message: what a database or a header cannot hold is left out. */
function reasonOf({ error }: Refused): string {
  return error.message.replaceAll(CONTROLS, ' ').slice(0, MAX_REASON_LENGTH);
}

/** Refused because their author has settled the matter already: nobody has to look at them. */
const SETTLED: ReadonlySet<string> = new Set<ErrorCode>(['EVENT_REPLACED', 'EVENT_VOIDED']);

const MAX_REASON_LENGTH = 1_000;
const CONTROLS = /\p{Cc}/gu;
/** Room for the headers of a notice, bytes. */
const NOTICE_HEADER_BYTES = 8 * 1024;
const MAX_NOTICE_BYTES = MAX_OUTBOX_RECORD_BYTES - NOTICE_HEADER_BYTES;

/** The headers that the checks look at: others decide nothing, and could hold what no table takes. */
function judgedHeaders(headers: IncomingRecord['headers']): IncomingRecord['headers'] {
  return Object.fromEntries(
    CLOUD_EVENT_HEADERS.flatMap((name) => {
      const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
