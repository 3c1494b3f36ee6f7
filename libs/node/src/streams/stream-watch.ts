import { topicDefinition } from '#contracts';
import type { HubTransport, KafkaConnection, PartitionLag } from '#messaging';
import type { Clock, Logger, Metrics } from '#platform';
import { Gauge } from 'prom-client';
import { retentionLeft } from './retention-left.ts';

/** How far one stream is behind in one topic. */
export interface TopicLag {
  readonly stream: string;
  readonly topic: string;
  /** Records that were not handled yet. */
  readonly lag: number;
  /** Until the topic forgets the first of them, milliseconds; null if none is behind, or the topic forgets nothing. */
  readonly retentionLeftMs: number | null;
  /** The topic's retention, milliseconds; null is for ever. */
  readonly retentionMs: number | null;
}

const EVERY_MS = 15_000;
const DAY_MS = 86_400_000;

interface WatchParts {
  readonly connection: Pick<KafkaConnection, 'offsetsAt'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Knows how far the streams are behind, and how long until that would lose something. Asks the broker now and then. */
export class StreamWatch {
  readonly #parts: WatchParts;
  #lags: readonly TopicLag[] = [];
  #looking: Promise<void> = Promise.resolve();
  #transport: Pick<HubTransport, 'lag'> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    const watch = { lags: () => this.#lags };
    new Gauge({
      name: 'stream_lag_records',
      help: 'Records of a topic that the stream has not handled yet.',
      labelNames: ['stream', 'topic'],
      registers: [parts.metrics],
      collect() {
        this.reset();
        for (const { stream, topic, lag } of watch.lags()) this.set({ stream, topic }, lag);
      },
    });
    new Gauge({
      name: 'stream_retention_left_seconds',
      help: 'Until the topic forgets the first record that the stream has not handled; the whole retention if it is not behind.',
      labelNames: ['stream', 'topic'],
      registers: [parts.metrics],
      collect() {
        this.reset();
        for (const { stream, topic, retentionLeftMs, retentionMs } of watch.lags())
          if (retentionMs !== null) this.set({ stream, topic }, (retentionLeftMs ?? retentionMs) / 1000);
      },
    });
  }

  /** As it was when the broker was last asked; empty until then. */
  get lags(): readonly TopicLag[] {
    return this.#lags;
  }

  /** Begins to watch the streams of a transport. */
  start(transport: Pick<HubTransport, 'lag'>): void {
    this.#transport = transport;
    this.#timer = setInterval(() => {
      this.#looking = this.look();
    }, EVERY_MS);
    this.#looking = this.look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Asks now. A broker that is away leaves what was known, and has an alarm of its own. */
  async look(): Promise<void> {
    if (this.#transport === undefined) return;
    try {
      const perStream = Object.entries(await this.#transport.lag());
      const lags = perStream.map(async ([stream, partitions]) =>
        Promise.all(
          [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, those]) =>
            this.#ofTopic(stream, topic, those),
          ),
        ),
      );
      this.#lags = (await Promise.all(lags)).flat();
    } catch (error) {
      this.#parts.logger.debug({ err: error }, 'how far the streams are behind could not be asked');
    }
  }

  async #ofTopic(stream: string, topic: string, partitions: readonly PartitionLag[]): Promise<TopicLag> {
    const days = topicDefinition(topic)?.retentionDays ?? null;
    const retentionMs = days === null ? null : days * DAY_MS;
    const behind = partitions.filter(({ lag }) => lag > 0n);
    const left =
      retentionMs === null
        ? []
        : await Promise.all(behind.map((partition) => this.#left(topic, partition, retentionMs)));
    return {
      stream,
      topic,
      lag: partitions.reduce((sum, { lag }) => sum + Number(lag), 0),
      retentionLeftMs: left.length === 0 ? null : Math.min(...left),
      retentionMs,
    };
  }

  #left(topic: string, { partition, position }: PartitionLag, retentionMs: number): Promise<number> {
    const now = this.#parts.clock.now().getTime();
    return retentionLeft(position, retentionMs, async (ageMs) => {
      const offsets = await this.#parts.connection.offsetsAt(topic, new Date(now - ageMs));
      return offsets.get(partition) ?? 0n;
    });
  }
}
