import type { ErrorCode } from '#errors';
import type { IncomingRecord } from '#messaging';
import type { Tx } from '#persistence';

/** A record that did not pass, with the reason. Its origin is its place in a topic, or a name of the node's own. */
export interface ParkedRecord {
  readonly origin: Pick<IncomingRecord, 'topic' | 'partition' | 'offset'>;
  readonly headers: IncomingRecord['headers'];
  readonly bytes: Buffer;
  readonly code: ErrorCode;
  readonly reason: string;
}

/**
 * Keeps what did not pass, once for each origin.
 * @param repeated what becomes of an entry whose record fails again. `keep`: it stays as it is. `reopen`: with another
 * code, or after it was released, it is news: parked again, with the new reason. What an operator discarded, or its
 * author settled, stays so.
 * @returns whether it is news: a new entry, or one that was parked again
 */
export async function keepParked(
  tx: Tx,
  { origin, headers, bytes, code, reason }: ParkedRecord,
  { id, now, repeated }: { readonly id: string; readonly now: Date; readonly repeated: 'keep' | 'reopen' },
): Promise<boolean> {
  const { topic, partition, offset } = origin;
  const stored = Object.entries(headers).map(([name, value]) => [name, value.toString('base64')]);
  const news = await tx.query(
    `insert into quarantine as q (id, origin, headers, bytes, code, reason, status, parked_at)
     values ($1, $2, $3, $4, $5, $6, 'parked', $7)
     on conflict ((origin->>'topic'), (origin->>'partition'), (origin->>'offset')) ${ON_REPEAT[repeated]}
     returning id`,
    [
      id,
      JSON.stringify({ topic, partition, offset }),
      JSON.stringify(Object.fromEntries(stored)),
      bytes,
      code,
      reason,
      now,
    ],
  );
  return news.length > 0;
}

const ON_REPEAT = {
  keep: 'do nothing',
  reopen: `do update set code = excluded.code, reason = excluded.reason, status = 'parked', closed_at = null
     where q.status = 'released' or (q.status = 'parked' and q.code <> excluded.code)`,
} as const;
