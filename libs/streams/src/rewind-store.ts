import { HubError } from '#errors';
import type { TakenBack, Tx, UnitOfWork } from '#persistence';
import { z } from 'zod';

const offset = z.string().regex(/^\d+$/);

export const rewindView = z.object({
  id: z.uuid(),
  stream: z.string(),
  from: z.string().nullable().describe('The time that was asked for; null: it was asked for by offsets'),
  askedAt: z.string(),
  action: z.uuid().describe('The action that it is recorded as: its name in the log'),
  records: z.number().int().describe('To be read again'),
  left: z.number().int().describe('Of these, not handled again yet'),
  done: z.boolean().describe('The stream is where it was when it was taken back, or beyond'),
  places: z.array(
    z.object({
      topic: z.string(),
      partition: z.number().int(),
      stood: offset.describe('The next offset when it was taken back'),
      back: offset.describe('From which it is read again'),
      position: offset.describe('The next offset by now'),
      left: z.number().int(),
    }),
  ),
});
export type RewindView = z.output<typeof rewindView>;

/** A rewind as it is asked for. */
export interface Rewind {
  readonly id: string;
  readonly stream: string;
  readonly group: string;
  readonly from: Date | null;
  readonly tokenId: string;
  readonly action: string;
  readonly askedAt: Date;
  readonly places: readonly TakenBack[];
}

interface Row {
  readonly id: string;
  readonly stream: string;
  readonly since: Date | null;
  readonly askedAt: Date;
  readonly action: string;
  readonly topic: string;
  readonly partition: number;
  readonly stood: string;
  readonly back: string;
  readonly position: string;
}

/** Rewinds in the node's database. How far one is follows from the positions: nobody has to write it. */
export class RewindStore {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  async insert(tx: Tx, { id, stream, group, from, tokenId, action, askedAt, places }: Rewind): Promise<void> {
    await tx.query(
      `insert into stream_rewind (id, stream, group_name, since, token_id, action_id, asked_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [id, stream, group, from, tokenId, action, askedAt],
    );
    await tx.query(
      `insert into stream_rewind_place (rewind_id, topic, partition, stood, next_offset)
       select $1, * from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[])`,
      [
        id,
        places.map(({ topic }) => topic),
        places.map(({ partition }) => partition),
        places.map(({ stood }) => stood.toString()),
        places.map(({ next }) => next.toString()),
      ],
    );
  }

  /** @throws HubError `REWIND_NOT_FOUND` */
  async get(id: string): Promise<RewindView> {
    const [rewind] = await this.#read('where r.id = $1', id);
    if (rewind !== undefined) return rewind;
    throw new HubError('REWIND_NOT_FOUND', `no rewind ${id}`);
  }

  /** The latest, newest first. */
  list(limit: number): Promise<RewindView[]> {
    return this.#read(
      'where r.id in (select id from stream_rewind order by asked_at desc, id desc limit $1)',
      limit,
    );
  }

  async #read(which: string, given: string | number): Promise<RewindView[]> {
    const rows = await this.#work.run((tx) =>
      tx.query<Row>(
        `select r.id, r.stream, r.since, r.asked_at as "askedAt", r.action_id as action,
           p.topic, p.partition, p.stood, p.next_offset as back,
           coalesce(s.next_offset, p.next_offset) as position
         from stream_rewind r join stream_rewind_place p on p.rewind_id = r.id
           left join stream_position s
             on s.group_name = r.group_name and s.topic = p.topic and s.partition = p.partition
         ${which} order by r.asked_at desc, r.id desc, p.topic, p.partition`,
        [given],
      ),
    );
    return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap(viewOf);
  }
}

function viewOf(rows: readonly Row[]): RewindView[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { id, stream, since, askedAt, action } = first;
  const places = rows.map(({ topic, partition, stood, back, position }) => {
    const left = BigInt(stood) - BigInt(position);
    return { topic, partition, stood, back, position, left: left > 0n ? Number(left) : 0 };
  });
  const left = places.reduce((sum, place) => sum + place.left, 0);
  const records = places.reduce((sum, { stood, back }) => sum + Number(BigInt(stood) - BigInt(back)), 0);
  const from = since?.toISOString() ?? null;
  return [
    { id, stream, from, askedAt: askedAt.toISOString(), action, records, left, done: left === 0, places },
  ];
}
