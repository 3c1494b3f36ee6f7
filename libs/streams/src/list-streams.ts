import { HubError } from '#errors';
import type { StreamStatus } from '#messaging';
import { positionsOf } from '#persistence';
import { z } from 'zod';
import type { StreamsParts } from './streams-parts.ts';

const place = z.object({
  topic: z.string(),
  partition: z.number().int(),
  position: z.string().describe('The next offset that the stream handles'),
  end: z.string().describe('The offset that the next record gets'),
  behind: z.number().int(),
});
export const streamList = z.object({
  at: z.string(),
  streams: z.array(
    z.object({
      stream: z.string(),
      state: z.string().describe('waiting, connecting, reading, paused, refused or closed'),
      code: z.string().nullable().describe('What keeps it from reading'),
      behind: z
        .number()
        .int()
        .nullable()
        .describe('Records not handled yet; null while the broker cannot be asked'),
      places: z.array(place),
    }),
  ),
  apart: z
    .array(z.object({ stream: z.string(), topics: z.array(z.string()), why: z.string() }))
    .describe('What is read without a group, and so cannot be taken back'),
});
export type StreamList = z.output<typeof streamList>;
type Listed = StreamList['streams'][number];

/** The node's streams: how each stands, and how far it is behind. */
export class ListStreams {
  readonly #parts: StreamsParts;

  constructor(parts: StreamsParts) {
    this.#parts = parts;
  }

  async run(): Promise<StreamList> {
    const { at, streams, apart } = this.#parts;
    const listed = await Promise.all(streams.list().map((status) => this.#listed(status)));
    return { at, streams: listed, apart: apart.map((one) => ({ ...one, topics: [...one.topics] })) };
  }

  async #listed(status: StreamStatus): Promise<Listed> {
    const { stream, state, error } = status;
    try {
      const places = await this.#places(status);
      const behind = places.reduce((sum, one) => sum + one.behind, 0);
      return { stream, state, code: error?.code ?? null, behind, places };
    } catch (cause) {
      if (!(cause instanceof HubError) || cause.policy.disposition !== 'retry') throw cause;
      return { stream, state, code: error?.code ?? cause.code, behind: null, places: [] };
    }
  }

  async #places({ group, topics }: StreamStatus): Promise<Listed['places']> {
    if (topics.length === 0) return [];
    const { connection, work } = this.#parts;
    const [committed, stored, ranges] = await Promise.all([
      connection.committedIn(group, topics),
      work.run((tx) => positionsOf(tx, group, topics)),
      Promise.all(topics.map(async (topic) => ({ topic, partitions: await connection.ranges(topic) }))),
    ]);
    const offsets = new Map(committed.map((one) => [`${one.topic}/${one.partition}`, one.offset]));
    const positions = new Map(stored.map((one) => [`${one.topic}/${one.partition}`, one.next]));
    return ranges.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, low, high }) => {
        const key = `${topic}/${partition}`;
        // Whichever of the two is behind is where it would go on.
        const [offset, next] = [offsets.get(key) ?? low, positions.get(key) ?? low];
        const position = offset < next ? offset : next;
        const behind = high > position ? Number(high - position) : 0;
        return { topic, partition, position: position.toString(), end: high.toString(), behind };
      }),
    );
  }
}
