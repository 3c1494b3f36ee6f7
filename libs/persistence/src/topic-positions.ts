/** How far a database knows its topics: see `CreatePositions1767225603500`. */
import type { Tx, UnitOfWork } from './unit-of-work.ts';

/** The next offset of one partition. */
export interface TopicPosition {
  readonly topic: string;
  readonly partition: number;
  readonly next: bigint;
}

/** Next offsets by topic and partition. */
export class PositionMap {
  readonly #byPlace: ReadonlyMap<string, bigint>;

  constructor(positions: readonly TopicPosition[]) {
    this.#byPlace = new Map(positions.map(({ topic, partition, next }) => [`${topic}/${partition}`, next]));
  }

  /** Undefined where the database knows nothing of the partition. */
  next(topic: string, partition: number): bigint | undefined {
    return this.#byPlace.get(`${topic}/${partition}`);
  }
}

/**
 * The positions of consumer groups, in the database that holds the effects of what they have read. They are written
 * after those effects and before the group's offset is committed at the broker: so a database whose position is behind
 * that offset has lost something since.
 */
export class StreamPositions {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** @throws HubError `DATABASE_UNAVAILABLE` */
  async load(group: string, topics: readonly string[]): Promise<PositionMap> {
    const rows = await this.#work.run((tx) =>
      tx.query<Row>(
        `select topic, partition, next_offset as next from stream_position
         where group_name = $1 and topic = any($2::text[])`,
        [group, topics],
      ),
    );
    return new PositionMap(rows.map(positionOf));
  }

  /**
   * Writes how far a group has come. Never backwards: a late word of a member that has lost the partition changes
   * nothing.
   * @throws HubError `DATABASE_UNAVAILABLE`
   */
  async save(group: string, positions: readonly TopicPosition[]): Promise<void> {
    if (positions.length === 0) return;
    await this.#work.single((tx) =>
      tx.prepared(
        `insert into stream_position (group_name, topic, partition, next_offset)
         select $1, * from unnest($2::text[], $3::int[], $4::bigint[])
         on conflict (group_name, topic, partition) do update set next_offset = excluded.next_offset
         where stream_position.next_offset < excluded.next_offset`,
        [group, ...columns(positions)],
      ),
    );
  }
}

/** Up to where everything that the node has written to these topics is known to have its row in this database. */
export async function readPublishedMarks(tx: Tx, topics: readonly string[]): Promise<PositionMap> {
  const rows = await tx.query<Row>(
    'select topic, partition, next_offset as next from published_mark where topic = any($1::text[])',
    [topics],
  );
  return new PositionMap(rows.map(positionOf));
}

/**
 * Moves the marks, also back: an older mark only means more to look at. Write one only after what is before it: a copy
 * of the database that has the mark has the rows, too.
 */
export async function savePublishedMarks(tx: Tx, marks: readonly TopicPosition[]): Promise<void> {
  if (marks.length === 0) return;
  await tx.query(
    `insert into published_mark (topic, partition, next_offset)
     select * from unnest($1::text[], $2::int[], $3::bigint[])
     on conflict (topic, partition) do update set next_offset = excluded.next_offset`,
    columns(marks),
  );
}

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly next: string;
}

function positionOf({ topic, partition, next }: Row): TopicPosition {
  return { topic, partition, next: BigInt(next) };
}

function columns(positions: readonly TopicPosition[]): [string[], number[], string[]] {
  return [
    positions.map(({ topic }) => topic),
    positions.map(({ partition }) => partition),
    positions.map(({ next }) => next.toString()),
  ];
}
