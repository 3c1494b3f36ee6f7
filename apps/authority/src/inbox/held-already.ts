import { parseEvent, parseReceipt, parseSignedItem } from '#contracts';
import { HubError } from '#errors';
import { headerText, type IncomingRecord } from '#messaging';
import { sha256Hex } from '#evidence';
import type { Tx } from '#persistence';

/**
 * True if this node has accepted these very bytes before: the event with this decision, or the receipt. They were proved
 * then; that a key was revoked since does not make a second delivery another document.
 */
export async function heldAlready(tx: Tx, record: IncomingRecord): Promise<boolean> {
  try {
    return headerText(record, 'hub_class') === 'receipt'
      ? await holdsReceipt(tx, record.value)
      : await holdsEvent(tx, record);
  } catch (error) {
    // What cannot be read was never accepted.
    if (error instanceof HubError && error.policy.disposition === 'park') return false;
    throw error;
  }
}

async function holdsEvent(tx: Tx, { value, headers }: IncomingRecord): Promise<boolean> {
  const { author, id } = parseEvent(value);
  const rows = await tx.query(
    `select 1 as held from event
     where author = $1 and event_id = $2 and digest = $3 and decision = $4 and status in ('accepted', 'waiting')`,
    [author.ipa, id, sha256Hex(value), headers['hub_decision'] ?? null],
  );
  return rows.length > 0;
}

async function holdsReceipt(tx: Tx, value: Buffer): Promise<boolean> {
  const { event, by, kind } = parseReceipt(parseSignedItem(value).item);
  const rows = await tx.query(
    'select 1 as held from receipt where author = $1 and event_id = $2 and by = $3 and kind = $4 and bytes = $5',
    [event.author, event.id, by, kind, value],
  );
  return rows.length > 0;
}
