import { topics } from '#contracts';
import type { KafkaConnection } from '#messaging';
import { PositionMap, positionsOf, type Tx, type UnitOfWork } from '#persistence';
import { rest, type Logger } from '#platform';
import type { NodeParts } from '../node-parts.ts';

/** Positions are written twice a second; milliseconds. */
const LOOK_EVERY_MS = 250;

export interface ReadAgainParts {
  readonly parts: Pick<NodeParts, 'ipa'>;
  readonly work: Pick<UnitOfWork, 'run'>;
  readonly connection: Pick<KafkaConnection, 'ranges'>;
  /** The consumer group of the inbox. */
  readonly group: string;
  readonly logger: Logger;
}

/**
 * Waits until a restored database has read again what it has forgotten: events of others for which this node has signed
 * a receipt, and of which it has no word. Until then an answer from it may contradict what a partner was told: that there
 * is no such practice, or that it stands somewhere else. Does not wait where nothing was forgotten, however far the
 * node is behind: what it has never known it has told nobody.
 *
 * What the inbox keeps no longer is not waited for; reconciliation finds it.
 * @throws HubError `BROKER_UNAVAILABLE`, `DATABASE_UNAVAILABLE`; to be asked again
 */
export async function untilReadAgain(
  { parts: { ipa }, work, connection, group, logger }: ReadAgainParts,
  signal: AbortSignal,
): Promise<void> {
  const forgotten = await work.run(countForgotten);
  if (forgotten === 0) return;
  const topic = topics.inbox(ipa);
  const ends = (await connection.ranges(topic)).filter(({ low, high }) => low < high);
  logger.warn(
    { forgotten, topic },
    'this database was restored: partners wait until what it lacks was read again',
  );
  while (!signal.aborted) {
    const reached = new PositionMap(await work.run((tx) => positionsOf(tx, group, [topic])));
    if (ends.every(({ partition, high }) => (reached.next(topic, partition) ?? 0n) >= high)) return;
    await rest(LOOK_EVERY_MS, signal);
  }
}

async function countForgotten(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `select count(*)::int as n from published_receipt r
     where r.kind = 'received'
       and not exists (select 1 from seen s where s.author = r.author and s.event_id = r.event_id)`,
  );
  return row?.n ?? 0;
}
