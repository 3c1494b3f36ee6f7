import { parseEvent, parseReceipt, parseSignedItem, type Receipt } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import { headerText, type IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';
import { eventKeyOf } from './event-key.ts';

/**
 * Of these records, those whose very bytes this node has accepted before: the event with this decision, or the receipt.
 * They were proved then; that a key was revoked or its issuer withdrawn since does not make a second delivery another
 * document. Other bytes, and the same event with another decision, are what came for the first time: they are not here.
 */
export async function heldAlready(
  tx: Tx,
  records: readonly IncomingRecord[],
): Promise<ReadonlySet<IncomingRecord>> {
  const isReceipt = (record: IncomingRecord): boolean => headerText(record, 'hub_class') === 'receipt';
  return new Set([
    ...(await heldEvents(
      tx,
      records.filter((record) => !isReceipt(record)),
    )),
    ...(await heldReceipts(tx, records.filter(isReceipt))),
  ]);
}

async function heldEvents(tx: Tx, records: readonly IncomingRecord[]): Promise<IncomingRecord[]> {
  const asked = records.flatMap((record) => read(record, ({ value }) => parseEvent(value)));
  if (asked.length === 0) return [];
  const rows = await tx.query<{ author: string; id: string; digest: string; decision: Buffer }>(
    `select e.author, e.event_id as id, e.digest, e.decision
     from unnest($1::text[], $2::uuid[]) as c(author, event_id) join event e using (author, event_id)
     where e.status in ('accepted', 'waiting')`,
    [asked.map(({ is }) => is.author.ipa), asked.map(({ is }) => is.id)],
  );
  const held = new Map(rows.map((row) => [`${row.author}/${row.id}`, row]));
  return asked.flatMap(({ record, is }) => {
    const found = held.get(eventKeyOf(is));
    const isSame =
      found?.digest === sha256Hex(record.value) &&
      record.headers['hub_decision']?.equals(found.decision) === true;
    return isSame ? [record] : [];
  });
}

async function heldReceipts(tx: Tx, records: readonly IncomingRecord[]): Promise<IncomingRecord[]> {
  const asked = records.flatMap((record) =>
    read(record, ({ value }) => parseReceipt(parseSignedItem(value).item)),
  );
  if (asked.length === 0) return [];
  const keyOf = ({ event, by, kind }: Receipt): string => [event.author, event.id, by, kind].join(' ');
  const rows = await tx.query<{ author: string; id: string; by: string; kind: string; bytes: Buffer }>(
    `select r.author, r.event_id as id, r.by, r.kind, r.bytes
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[]) as c(author, event_id, by, kind)
     join receipt r using (author, event_id, by, kind)`,
    [
      asked.map(({ is }) => is.event.author),
      asked.map(({ is }) => is.event.id),
      asked.map(({ is }) => is.by),
      asked.map(({ is }) => is.kind),
    ],
  );
  const held = new Map(rows.map((row) => [[row.author, row.id, row.by, row.kind].join(' '), row.bytes]));
  return asked.flatMap(({ record, is }) =>
    held.get(keyOf(is))?.equals(record.value) === true ? [record] : [],
  );
}

/** What the record says it is; nothing if it cannot be read: that was never accepted. */
function read<Is>(
  record: IncomingRecord,
  parse: (record: IncomingRecord) => Is,
): { readonly record: IncomingRecord; readonly is: Is }[] {
  try {
    return [{ record, is: parse(record) }];
  } catch (error) {
    if (error instanceof HubError && error.policy.disposition === 'park') return [];
    throw error;
  }
}
