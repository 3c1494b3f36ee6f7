import { columns, positionOf, type PositionRow, type TopicPosition } from './topic-positions.ts';
import type { Tx } from './unit-of-work.ts';

/** Heard when a stream was taken back: its group is the payload. */
export const REWIND_CHANNEL = 'stream_rewound';

/** From where a partition is to be read again. */
export interface WantedPlace {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that the topic still holds. */
  readonly low: bigint;
  readonly target: bigint;
}

/** A position that was, or would be, taken back. */
export interface TakenBack extends TopicPosition {
  /** Where it stood. */
  readonly stood: bigint;
}

/** Where a group stands by its database, without taking these positions up: see `StreamPositions.load`. */
export async function positionsOf(
  tx: Tx,
  group: string,
  topics: readonly string[],
): Promise<TopicPosition[]> {
  const rows = await tx.query<PositionRow>(
    `select topic, partition, next_offset as next from stream_position
     where group_name = $1 and topic = any($2::text[])`,
    [group, topics],
  );
  return rows.map(positionOf);
}

/**
 * Where the places would be after having been taken back. Never forward: a group that stands before the target stays
 * there, and one that the database knows nothing of begins with what the topic holds, as it does anyway.
 */
export function backFrom(places: readonly WantedPlace[], positions: readonly TopicPosition[]): TakenBack[] {
  const known = new Map(positions.map((one) => [`${one.topic}/${one.partition}`, one.next]));
  return places.map(({ topic, partition, low, target }) => {
    const stood = known.get(`${topic}/${partition}`) ?? low;
    return { topic, partition, stood, next: target < stood ? target : stood };
  });
}

/**
 * Takes a group back to these places, and begins an epoch of each: members that have not heard of it yet move nothing.
 * Whoever reads is told when the transaction commits. A place at which nothing changes gets its epoch, too: what its
 * member has handled and not written yet may lie behind the target.
 */
export async function takeBack(tx: Tx, group: string, places: readonly WantedPlace[]): Promise<TakenBack[]> {
  const rows = await tx.query<PositionRow>(
    `select p.topic, p.partition, p.next_offset as next
     from unnest($2::text[], $3::int[]) as c(topic, partition) join stream_position p using (topic, partition)
     where p.group_name = $1 order by p.topic, p.partition for update of p`,
    [group, places.map(({ topic }) => topic), places.map(({ partition }) => partition)],
  );
  const back = backFrom(places, rows.map(positionOf));
  await tx.query(
    `insert into stream_position as p (group_name, topic, partition, next_offset, epoch)
     select $1, c.*, 1 from unnest($2::text[], $3::int[], $4::bigint[]) as c(topic, partition, next)
     order by c.topic, c.partition
     on conflict (group_name, topic, partition) do update
       set next_offset = least(p.next_offset, excluded.next_offset), epoch = p.epoch + 1`,
    [group, ...columns(back)],
  );
  await tx.query('select pg_notify($1, $2)', [REWIND_CHANNEL, group]);
  return back;
}

/** For each record, in order, whether it had been handled before its stream was taken back: it is being read again. */
export async function handledBefore(
  tx: Tx,
  records: readonly { readonly topic: string; readonly partition: number; readonly offset: string }[],
): Promise<boolean[]> {
  const rows = await tx.query<{ readonly n: number }>(
    `select c.n::int as n from unnest($1::text[], $2::int[], $3::bigint[]) with ordinality as c(topic, partition, at, n)
     where exists (select from stream_rewind_place p
       where p.topic = c.topic and p.partition = c.partition and p.stood > c.at)`,
    [
      records.map(({ topic }) => topic),
      records.map(({ partition }) => partition),
      records.map(({ offset }) => offset),
    ],
  );
  const old = new Set(rows.map(({ n }) => n));
  return records.map((_, index) => old.has(index + 1));
}
