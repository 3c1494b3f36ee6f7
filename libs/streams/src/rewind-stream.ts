import { HubError } from '#errors';
import { backFrom, positionsOf, takeBack, type TakenBack, type Tx } from '#persistence';
import { merkleRoot } from '#tlog';
import { z } from 'zod';
import { findStream } from './find-stream.ts';
import { planRewind, type RewindPlan, type Wanted } from './plan-rewind.ts';
import { RewindStore } from './rewind-store.ts';
import type { StreamsParts } from './streams-parts.ts';

export const rewindAnswer = z.object({
  id: z.uuid().nullable().describe('Of the rewind; null for a dry run'),
  action: z.uuid().nullable().describe('The action that it is recorded as; null for a dry run'),
  stream: z.string(),
  from: z.string().nullable(),
  oldest: z
    .string()
    .nullable()
    .describe('The oldest time that can be asked for; null: the topics hold all they ever had'),
  records: z.number().int().describe('How many are read again'),
  places: z.array(
    z.object({
      topic: z.string(),
      partition: z.number().int(),
      stood: z.string().describe('The next offset as it is'),
      back: z.string().describe('From which it is read again'),
      records: z.number().int(),
    }),
  ),
});
export type RewindAnswer = z.output<typeof rewindAnswer>;

export interface RewindRequest {
  readonly stream: string;
  readonly wanted: Wanted;
  readonly reason: string;
  readonly tokenId: string;
}

interface PlannedRewind extends RewindPlan {
  readonly group: string;
}

/**
 * Lets a stream be read again from a point in time. Its group's positions move back in one transaction with the action
 * that says so; whichever instances read it are told when that commits, and go on from there. What is read again passes
 * the same checks and has no second effect.
 */
export class RewindStream {
  readonly #parts: StreamsParts;
  readonly #store: RewindStore;

  constructor(parts: StreamsParts) {
    this.#parts = parts;
    this.#store = new RewindStore(parts.work);
  }

  /**
   * What the request means in the topics. Nothing is changed.
   * @throws HubError `STREAM_UNKNOWN`, `STREAM_NOT_REWINDABLE`, `STREAM_TOPIC_UNKNOWN`, `REWIND_BEFORE_RETENTION`,
   *   `BROKER_UNAVAILABLE`, `BROKER_REFUSED`
   */
  async plan({ stream, wanted }: Pick<RewindRequest, 'stream' | 'wanted'>): Promise<PlannedRewind> {
    const { connection, clock } = this.#parts;
    const { group, topics } = findStream(this.#parts, stream);
    return { group, ...(await planRewind(connection, topics, wanted, clock.now())) };
  }

  /** What would be read again. Nothing is changed. @throws HubError as `plan` */
  async preview(request: Pick<RewindRequest, 'stream' | 'wanted'>): Promise<RewindAnswer> {
    const { group, places, oldest } = await this.plan(request);
    const asked = [...new Set(places.map(({ topic }) => topic))];
    const positions = await this.#parts.work.run((tx) => positionsOf(tx, group, asked));
    const back = moved(backFrom(places, positions));
    return { id: null, action: null, ...told(request.stream, request.wanted, oldest, back) };
  }

  /**
   * @param planned what came of `plan`: the broker is asked before the transaction, since it may take its time
   * @throws HubError what `plan` has thrown, `REWIND_EMPTY`, `SIGNING_KEY_UNAVAILABLE` and the like: then nothing is changed
   */
  async run(
    tx: Tx,
    { stream, wanted, reason, tokenId }: RewindRequest,
    planned: PromiseSettledResult<PlannedRewind>,
  ): Promise<RewindAnswer> {
    if (planned.status === 'rejected') throw planned.reason;
    const { clock, ids, actions } = this.#parts;
    const { group, ...plan } = planned.value;
    const now = clock.now();
    const places = moved(await takeBack(tx, group, plan.places));
    if (places.length === 0)
      throw new HubError('REWIND_EMPTY', `${stream} has handled nothing from there on: it is read anyway`);
    const answer = told(stream, wanted, plan.oldest, places);
    const id = ids.uuidv7();
    const [action = ''] = await actions.append(tx, [
      {
        kind: 'stream.rewound',
        outcome: 'rewound',
        subject: `stream/${stream}`,
        tokenId,
        reason,
        set: { size: places.length, root: rootOf(places) },
        details: [
          { name: 'stream', value: stream },
          { name: 'rewind', value: id },
          { name: 'records', value: String(answer.records) },
          ...(answer.from === null ? [] : [{ name: 'from', value: answer.from }]),
        ],
      },
    ]);
    const from = 'from' in wanted ? wanted.from : null;
    await this.#store.insert(tx, { id, stream, group, from, tokenId, action, askedAt: now, places });
    return { ...answer, id, action };
  }
}

/** Those at which something is read again, in one order. */
function moved(places: readonly TakenBack[]): TakenBack[] {
  const isBack = ({ stood, next }: TakenBack): boolean => next < stood;
  return places.filter(isBack).sort((one, other) => {
    if (one.topic === other.topic) return one.partition - other.partition;
    return one.topic < other.topic ? -1 : 1;
  });
}

/** Over `<topic>/<partition>/<from which offset>/<where it stood>`, one for each place, by topic and partition. */
function rootOf(places: readonly TakenBack[]): string {
  const leaves = places.map(({ topic, partition, next, stood }) =>
    Buffer.from([topic, partition, next, stood].join('/')),
  );
  return merkleRoot(leaves).toString('base64');
}

function told(
  stream: string,
  wanted: Wanted,
  oldest: Date | null,
  places: readonly TakenBack[],
): Omit<RewindAnswer, 'id' | 'action'> {
  const list = places.map(({ topic, partition, stood, next }) => ({
    ...{ topic, partition, stood: stood.toString(), back: next.toString() },
    records: Number(stood - next),
  }));
  return {
    stream,
    from: 'from' in wanted ? wanted.from.toISOString() : null,
    oldest: oldest?.toISOString() ?? null,
    records: list.reduce((sum, { records }) => sum + records, 0),
    places: list,
  };
}
