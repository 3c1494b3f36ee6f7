import type { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import type { IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';

/** A record that is not a leaf, with the reason. */
export interface Refused {
  readonly record: Pick<IncomingRecord, 'topic' | 'partition' | 'offset' | 'value' | 'headers'>;
  readonly error: HubError;
}

/** Keeps what was refused, bytes and reason: one row for one place in a topic, however often it is delivered. */
export async function keepRefused(tx: Tx, refused: readonly Refused[], at: Date): Promise<void> {
  for (const { record, error } of refused) {
    await tx.query(
      `insert into refused (topic, partition, record_offset, digest, headers, bytes, code, reason, refused_at)
       values ($1, $2, $3, decode($4, 'hex'), $5, $6, $7, $8, $9) on conflict do nothing`,
      [
        record.topic,
        record.partition,
        record.offset,
        sha256Hex(record.value),
        JSON.stringify(textHeaders(record.headers)),
        record.value,
        error.code,
        error.message,
        at,
      ],
    );
  }
}

function textHeaders(headers: IncomingRecord['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString('base64')]));
}
