/** How far a database knows its topics: see `CreatePositions1767225603500`. */
import { crashPoint } from '#platform';

import { StreamEpochs, type PlaceEpoch } from './stream-epochs.ts';
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
 * that offset has lost something since, or an operator has taken the group back.
 *
 * One of these belongs to one process, whose members write what they have loaded: a position carries an epoch, which
 * grows each time that somebody takes it back. What is said under an epoch that is over changes nothing (ADR 29).
 */
export class StreamPositions {
  readonly #work: UnitOfWork;
  readonly #epochs = new StreamEpochs();

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** Where the group goes on in these topics, as this process writes on from now. @throws HubError `DATABASE_UNAVAILABLE` */
  async load(group: string, topics: readonly string[]): Promise<PositionMap> {
    const rows = await this.#work.run((tx) =>
      tx.query<PositionRow & PlaceEpoch>(
        `select topic, partition, next_offset as next, epoch from stream_position
         where group_name = $1 and topic = any($2::text[])`,
        [group, topics],
      ),
    );
    this.#epochs.hold(group, topics, rows);
    return new PositionMap(rows.map(positionOf));
  }

  /**
   * Writes how far a group has come. Never backwards: a late word of a member that has lost the partition changes
   * nothing. Nor does the word of one that has not heard yet that the group was taken back.
   * @throws HubError `DATABASE_UNAVAILABLE`
   */
  async save(group: string, positions: readonly TopicPosition[]): Promise<void> {
    if (positions.length === 0) return;
    const epochs = positions.map((position) => this.#epochs.of(group, position));
    // One statement is its own transaction: its commit is no place of the unit of work, so it has its own.
    crashPoint('before-position-save');
    await this.#work.single((tx) =>
      tx.prepared(
        `insert into stream_position (group_name, topic, partition, next_offset, epoch)
         select $1, * from unnest($2::text[], $3::int[], $4::bigint[], $5::int[])
         on conflict (group_name, topic, partition) do update set next_offset = excluded.next_offset
         where stream_position.next_offset < excluded.next_offset and stream_position.epoch = excluded.epoch`,
        [group, ...columns(positions), epochs],
      ),
    );
    crashPoint('after-position-save');
  }

  /**
   * The groups that this process reads at a place that was taken back since it loaded the positions: they have to go on
   * from there. A group is named once for each load.
   * @throws HubError `DATABASE_UNAVAILABLE`
   */
  async takenBack(): Promise<readonly string[]> {
    const groups = this.#epochs.groups;
    if (groups.length === 0) return [];
    const rows = await this.#work.run((tx) =>
      tx.query<PlaceEpoch & { readonly group: string }>(
        `select group_name as "group", topic, partition, epoch from stream_position
         where group_name = any($1::text[]) and epoch > 0`,
        [groups],
      ),
    );
    const byGroup = Map.groupBy(rows, ({ group }) => group);
    return groups.filter((group) => this.#epochs.isOver(group, byGroup.get(group) ?? []));
  }
}

/** Up to where everything that the node has written to these topics is known to have its row in this database. */
export async function readPublishedMarks(tx: Tx, topics: readonly string[]): Promise<PositionMap> {
  const rows = await tx.query<PositionRow>(
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

/** A position as a statement gives it. */
export interface PositionRow {
  readonly topic: string;
  readonly partition: number;
  readonly next: string;
}

export function positionOf({ topic, partition, next }: PositionRow): TopicPosition {
  return { topic, partition, next: BigInt(next) };
}

/** Topics, partitions and next offsets, a column each. */
export function columns(positions: readonly TopicPosition[]): [string[], number[], string[]] {
  return [
    positions.map(({ topic }) => topic),
    positions.map(({ partition }) => partition),
    positions.map(({ next }) => next.toString()),
  ];
}
