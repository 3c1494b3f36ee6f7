/** What the outbox takes and gives. */
import type { RecordHeaders } from './outbox-headers.ts';

/** When the relay is to look: at once, or when others have come too. What a notification on the channel says. */
export type Urgency = 'now' | 'soon';

/** One record to be sent to every topic of `topics`, the same bytes to each. */
export interface OutboxRecord {
  readonly topics: readonly string[];
  /** Records of one key keep the order in which their transactions wrote them. */
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: RecordHeaders;
}

/**
 * The event whose bytes and decision a record consists of. The node keeps both anyway (view `kept_bytes`, with the
 * tables of the node behind it), and keeps them at least until the record is sent: the row names them.
 */
export interface KeptEvent {
  readonly author: string;
  readonly eventId: string;
  /** What of it is the record's value. */
  readonly value: 'bytes' | 'decision';
  /** Name of the header that is its decision; a record whose value is the decision has none. */
  readonly header?: string;
}

/** A record to be appended. */
export interface NewOutboxRecord extends OutboxRecord {
  /** Where its bytes are stored by the same transaction, or were before. */
  readonly kept?: KeptEvent;
}

/** The row of a record that is not yet sent. */
export interface UnsentRow {
  /** 64-bit number as text. */
  readonly id: string;
  /** Drawn at random for this record by who appended it; null in rows of before. */
  readonly ref: string | null;
  /** When it was appended, by the database's clock, to the millisecond below. */
  readonly createdAt: Date;
}

/** A record as stored, not yet sent. */
export interface StoredOutboxRecord extends UnsentRow, OutboxRecord {}

/** Length of value and headers. */
export function wholeSize({ value, headers }: Pick<OutboxRecord, 'value' | 'headers'>): number {
  return Object.values(headers).reduce((sum, header) => sum + header.length, value.length);
}
