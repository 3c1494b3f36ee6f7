/**
 * Reading a growing table without ever losing a row. An identity is drawn before its transaction commits, so rows
 * become visible out of order, and a reader of "id greater than the last" loses those that come late. Here each row
 * also carries the id of its writing transaction; a reader sees only rows older than every transaction still open,
 * in the order (xid, id): nothing can appear behind what it has read.
 */
import { HubError } from '#errors';

import type { Tx } from './unit-of-work.ts';

/** The columns and the index that a feed table needs, for its migration: `create table t (${FEED_COLUMNS}, …)`. */
export const FEED_COLUMNS =
  'xid xid8 not null default pg_current_xact_id(), id bigint generated always as identity primary key';

/** The index for `readCommitSafe`, to be created next to the table. */
export function feedIndex(table: string): string {
  return `create index ${table}_feed on ${table} (xid, id)`;
}

/** A place in a feed: after the row that transaction `xid` wrote with `id`. */
export interface FeedPosition {
  readonly xid: bigint;
  readonly id: bigint;
}

/** Before the first row. */
export const FEED_START: FeedPosition = { xid: 0n, id: 0n };

const CURSOR_VERSION = 1;
const CURSOR_BYTES = 17;
const MAX_ID = 2n ** 63n - 1n;

/** A position as the opaque text that callers keep: 23 characters of base64url. */
export function encodeCursor(position: FeedPosition): string {
  const bytes = Buffer.alloc(CURSOR_BYTES);
  bytes.writeUInt8(CURSOR_VERSION, 0);
  bytes.writeBigUInt64BE(position.xid, 1);
  bytes.writeBigUInt64BE(position.id, 9);
  return bytes.toString('base64url');
}

/** @throws HubError `CURSOR_INVALID` for a text that `encodeCursor` does not produce */
export function decodeCursor(text: string): FeedPosition {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === CURSOR_BYTES && bytes[0] === CURSOR_VERSION && bytes.toString('base64url') === text) {
    const position = { xid: bytes.readBigUInt64BE(1), id: bytes.readBigUInt64BE(9) };
    if (position.id <= MAX_ID) return position;
  }
  throw new HubError('CURSOR_INVALID', `not a cursor of this service: ${JSON.stringify(text.slice(0, 40))}`);
}

export interface CommitSafeQuery {
  /** The feed table, a name of the code, never of a caller. */
  readonly table: string;
  /** What to read of each row, e.g. `author, event_id as "eventId"`; `f` names the table. */
  readonly columns: string;
  readonly after: FeedPosition;
  readonly limit: number;
  /** A further condition with `$4` and following as its parameters. */
  readonly where?: { readonly sql: string; readonly params: readonly unknown[] };
}

export interface FeedPage<Row> {
  readonly rows: readonly Row[];
  /** Where to go on: after the last row, or `after` itself if there was none. */
  readonly next: FeedPosition;
}

/**
 * The rows after a position that no later commit can precede, oldest first. A row shows up as soon as every
 * transaction that was open when it was written has ended (transactions of the whole server count).
 */
export async function readCommitSafe<Row extends object>(
  tx: Tx,
  query: CommitSafeQuery,
): Promise<FeedPage<Row>> {
  type Positioned = Row & { readonly feed_xid: string; readonly feed_id: string };
  const rows = await tx.query<Positioned>(
    `select ${query.columns}, f.xid::text as feed_xid, f.id::text as feed_id
     from ${query.table} f
     where (f.xid, f.id) > ($1::xid8, $2::bigint) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
       ${query.where === undefined ? '' : `and (${query.where.sql})`}
     order by f.xid, f.id
     limit $3`,
    [query.after.xid.toString(), query.after.id.toString(), query.limit, ...(query.where?.params ?? [])],
  );
  const last = rows.at(-1);
  const next = last === undefined ? query.after : { xid: BigInt(last.feed_xid), id: BigInt(last.feed_id) };
  return { rows, next };
}
