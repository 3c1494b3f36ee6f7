import { backoff, type Logger } from '#platform';

import { findRewinds, type PositionStore, type Rewind } from './find-rewinds.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { Signal } from './signal.ts';

const PAUSE = { baseMs: 200, maxMs: 3_000 } as const;

export interface RewinderParts {
  readonly connection: Pick<KafkaConnection, 'committedIn' | 'ranges'>;
  readonly store: PositionStore;
  readonly group: string;
  readonly logger: Logger;
  /** Makes the consumer read a partition from another offset, and tells the broker that the group goes on there. */
  readonly seek: (place: { topic: string; partition: number; offset: string }) => Promise<void>;
  /** A database behind its group was found: told once for each assignment of the partition. */
  readonly onRewind: (rewind: Rewind) => void;
}

/** The partitions that a member was given: by topic, their numbers. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

/**
 * Takes a group back to where its database stands, at each assignment and before anything is handled. Nothing is read
 * while the database or the broker cannot be asked: going on from the group's offset could skip what was lost.
 */
export class Rewinder {
  readonly #parts: RewinderParts;
  /** Rewinds whose first batch has not come yet, by place. */
  readonly #pending = new Map<string, Rewind>();
  #compared: Promise<void> = Promise.resolve();
  #round = 0;
  readonly #ending = new Signal();

  constructor(parts: RewinderParts) {
    this.#parts = parts;
  }

  /** The member has joined, again after each rebalance: compares what it was given. */
  begin(assignment: Assignment): void {
    this.#round += 1;
    this.#pending.clear();
    this.#compared = this.#compare(assignment, this.#round);
  }

  /** Resolves when the assignment has been compared (or is over). */
  ready(): Promise<void> {
    return this.#compared;
  }

  /** True for a batch that was fetched before the partition was taken back: it comes again, after those before it. */
  isAhead(topic: string, partition: number, firstOffset: string): boolean {
    const place = `${topic}/${partition}`;
    const pending = this.#pending.get(place);
    if (pending !== undefined && BigInt(firstOffset) >= pending.from) return true;
    this.#pending.delete(place);
    return false;
  }

  end(): void {
    this.#round += 1;
    this.#ending.call();
  }

  async #compare(assignment: Assignment, round: number): Promise<void> {
    const { connection, store, group, logger } = this.#parts;
    const topics = Object.keys(assignment);
    if (topics.length === 0) return;
    for (let setbacks = 0; round === this.#round; setbacks += 1) {
      try {
        const found = await findRewinds(connection, store, group, topics);
        const mine = found.filter(({ topic, partition }) => assignment[topic]?.includes(partition));
        for (const rewind of mine) if (round === this.#round) await this.#rewind(rewind);
        return;
      } catch (error) {
        logger.warn({ err: error, group }, 'a stream waits: its position cannot be compared');
        await this.#ending.wait(backoff(setbacks, PAUSE));
      }
    }
  }

  async #rewind(rewind: Rewind): Promise<void> {
    const { topic, partition, from, to } = rewind;
    this.#pending.set(`${topic}/${partition}`, rewind);
    await this.#parts.seek({ topic, partition, offset: to.toString() });
    this.#parts.logger.warn(
      { group: this.#parts.group, topic, partition, from: from.toString(), to: to.toString() },
      'this database is behind what its node has read: restored, or taken back by an operator; the rest is read again',
    );
    this.#parts.onRewind(rewind);
  }
}
