import type { KafkaConnection, OutboxRelay } from '#messaging';
import { savePublishedMarks, type UnitOfWork } from '#persistence';
import type { Logger } from '#platform';

/** How old a mark may be while the relay sends, milliseconds: what a start after a crash reads again. */
const MARK_EVERY_MS = 5_000;

interface MarksParts {
  readonly topics: readonly string[];
  readonly connection: Pick<KafkaConnection, 'ranges'>;
  /** What sends to them: a mark is moved when it has sent more. */
  readonly relay: Pick<OutboxRelay, 'sent'>;
  readonly work: UnitOfWork;
  readonly logger: Logger;
}

/**
 * Keeps in the database how far the topics reach that this node writes to. What the topic holds at a moment was sent
 * from rows that had been committed before: a copy of the database that has the mark has all of them. A copy without
 * them has an older mark, and the node finds at its start what is behind it.
 */
export class PublishedMarks {
  readonly #parts: MarksParts;
  #marked: number;
  #timer: NodeJS.Timeout | undefined;
  #marking: Promise<void> = Promise.resolve();

  constructor(parts: MarksParts) {
    this.#parts = parts;
    this.#marked = parts.relay.sent;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#marking = this.#mark();
    }, MARK_EVERY_MS);
    this.#timer.unref();
  }

  /** A last mark, when the relay has stopped: the next start finds nothing to read. */
  async close(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    await this.#marking;
    await this.#mark();
  }

  async #mark(): Promise<void> {
    const { topics, connection, relay, work, logger } = this.#parts;
    const { sent } = relay;
    if (sent === this.#marked) return;
    try {
      const perTopic = await Promise.all(
        topics.map(async (topic) =>
          (await connection.ranges(topic)).map(({ partition, high }) => ({ topic, partition, next: high })),
        ),
      );
      await work.run((tx) => savePublishedMarks(tx, perTopic.flat()));
      this.#marked = sent;
    } catch (error) {
      logger.debug({ err: error }, 'the marks of the own topics were not moved');
    }
  }
}
