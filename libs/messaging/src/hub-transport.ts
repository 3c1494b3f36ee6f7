import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';

import { HubError } from '#errors';
import type { Logger, Metrics } from '#platform';

import type { BatchHandler, PoisonHandler } from './isolating-handler.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import type { Outcome } from './outcome.ts';
import type { PositionStore } from './find-rewinds.ts';
import type { IncomingRecord } from './record.ts';
import {
  StreamConsumer,
  type PartitionLag,
  type StreamSettings,
  type StreamStatus,
} from './stream-consumer.ts';
import { HUB_TRANSPORT } from './stream-handler.ts';
import { StreamMetrics } from './stream-metrics.ts';

export interface HubTransportSettings {
  readonly connection: KafkaConnection;
  readonly streams: readonly StreamSettings[];
  readonly onPoison: PoisonHandler;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Where the database keeps how far the streams have come. */
  readonly positions?: PositionStore;
  /** Nothing is read before it resolves: a restored node adopts what it had published first. */
  readonly startWhen?: Promise<unknown>;
}

/**
 * Nest's door for streams of signed records: `app.connectMicroservice({ strategy: new HubTransport(…) })`, handlers by
 * `@StreamHandler`. Values stay Buffers, groups are named exactly as given, and a stream without a handler (or the
 * reverse) stops the start. A broker that is away does not: the streams wait for it.
 */
export class HubTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = HUB_TRANSPORT;
  override readonly propagatesEventHandlerErrors = true;
  readonly #settings: HubTransportSettings;
  readonly #consumers = new Map<string, StreamConsumer>();
  #doubled: string | undefined;
  #closed = false;

  constructor(settings: HubTransportSettings) {
    super();
    this.#settings = settings;
  }

  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler?: boolean,
    extras?: Record<string, unknown>,
  ): void {
    const stream = this.normalizePattern(pattern as string);
    if (this.messageHandlers.has(stream)) this.#doubled ??= stream;
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** Nest calls it at the start. Answers `HANDLER_MISSING` or `HANDLER_DOUBLED`, or starts every stream. */
  override listen(callback: (error?: unknown) => void): void {
    try {
      this.#checkComplete();
    } catch (error) {
      callback(error);
      return;
    }
    const { connection, onPoison, logger, positions, startWhen } = this.#settings;
    const metrics = new StreamMetrics(this.#settings.metrics);
    for (const settings of this.#settings.streams) {
      const handler = this.#handlerOf(settings.stream);
      const consumer = new StreamConsumer(settings, {
        ...{ connection, handler, onPoison, metrics, logger },
        ...(positions === undefined ? {} : { positions }),
      });
      this.#consumers.set(settings.stream, consumer);
      if (startWhen === undefined) consumer.start();
    }
    void startWhen?.then(() => {
      if (!this.#closed) for (const consumer of this.#consumers.values()) consumer.start();
    });
    callback();
  }

  /** Lets every batch in hand finish, commits and leaves the groups. */
  override async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.close()));
  }

  /** Stops fetching for a stream, or for all. */
  pause(stream?: string): void {
    for (const consumer of this.#chosen(stream)) consumer.pause();
  }

  resume(stream?: string): void {
    for (const consumer of this.#chosen(stream)) consumer.resume();
  }

  /** Asks for the topics of every stream again; the registry's view calls it when a member joins. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.refresh()));
  }

  /** Lets the streams of these groups go on where the database says by now. */
  async again(groups: readonly string[]): Promise<void> {
    const concerned = [...this.#consumers.values()].filter(({ status }) => groups.includes(status.group));
    await Promise.all(concerned.map((consumer) => consumer.again()));
  }

  /** How far each stream's group is behind, by partition. */
  async lag(): Promise<Record<string, PartitionLag[]>> {
    const entries = [...this.#consumers].map(
      async ([stream, consumer]) => [stream, await consumer.lag()] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  streams(): StreamStatus[] {
    return [...this.#consumers.values()].map((consumer) => consumer.status);
  }

  override on(): never {
    throw new HubError('HANDLER_MISSING', 'this transport has no events to listen to: ask streams()');
  }

  override unwrap(): never {
    throw new HubError('HANDLER_MISSING', 'the Kafka client stays behind this transport');
  }

  #chosen(stream: string | undefined): StreamConsumer[] {
    if (stream === undefined) return [...this.#consumers.values()];
    const consumer = this.#consumers.get(stream);
    if (consumer === undefined) throw new HubError('HANDLER_MISSING', `no stream is called ${stream}`);
    return [consumer];
  }

  #checkComplete(): void {
    if (this.#doubled !== undefined) {
      throw new HubError('HANDLER_DOUBLED', `stream ${this.#doubled} has more than one handler`);
    }
    const streams = new Set(this.#settings.streams.map(({ stream }) => stream));
    const handlers = new Set(this.messageHandlers.keys());
    const missing = [
      ...[...streams]
        .filter((stream) => !handlers.has(stream))
        .map((stream) => `stream ${stream} has no handler`),
      ...[...handlers]
        .filter((handler) => !streams.has(handler))
        .map((handler) => `handler ${handler} has no stream`),
    ];
    if (missing.length > 0) throw new HubError('HANDLER_MISSING', missing.join('; '));
  }

  #handlerOf(stream: string): BatchHandler {
    const handler = this.messageHandlers.get(stream) as
      ((records: readonly IncomingRecord[]) => Promise<unknown>) | undefined;
    if (handler === undefined) throw new HubError('HANDLER_MISSING', `stream ${stream} has no handler`);
    return async (records) => {
      // Nest answers a value, or an Observable when it has caught an error.
      const answer = await lastValueFrom(this.transformToObservable(handler(records)));
      return answer as readonly Outcome[];
    };
  }
}
