import { heartbeatHeaders, topics, type RegistryHeartbeat } from '#contracts';
import { HubError } from '#errors';
import { signHeartbeat } from '#evidence';
import type { MessageProducer } from '#messaging';
import type { Clock, Logger } from '#platform';
import type { RegistryLedger } from '../ledger/registry-ledger.ts';

export interface HeartbeatSettings {
  readonly ledger: Pick<RegistryLedger, 'head' | 'signer'>;
  readonly producer: Pick<MessageProducer, 'send'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  /** `registry.state` unless given. */
  readonly topic?: string;
}

/**
 * Signs and sends the registry's sign of life, at once and then at each interval. It does not go through the outbox:
 * one that cannot be sent now is worth nothing later.
 */
export class Heartbeat {
  readonly #settings: HeartbeatSettings;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #error: HubError | null = null;
  #sent = 0;

  constructor(settings: HeartbeatSettings) {
    this.#settings = settings;
  }

  /** Why the last one did not go out; null if it did. */
  get error(): HubError | null {
    return this.#error;
  }

  /** How many went out. */
  get sent(): number {
    return this.#sent;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#beatOnce();
    }, this.#settings.intervalMs);
    this.#beatOnce();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  /** One at a time: with the broker away a send lasts, and its turn is simply missed. */
  #beatOnce(): void {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = undefined;
    });
  }

  async #beat(): Promise<void> {
    const { ledger, producer, clock, logger, topic = topics.registryState } = this.#settings;
    try {
      const at = clock.now();
      const heartbeat: RegistryHeartbeat = { version: '1.0', time: at.toISOString(), head: ledger.head() };
      const value = await signHeartbeat(heartbeat, ledger.signer, at);
      const key = String(heartbeat.head.number);
      await producer.send([{ topic, key, value, headers: heartbeatHeaders(heartbeat) }]);
      this.#sent += 1;
      this.#error = null;
    } catch (error) {
      this.#error =
        error instanceof HubError
          ? error
          : new HubError('INTERNAL_ERROR', 'a heartbeat failed', { cause: error });
      logger.warn({ err: error }, 'a heartbeat could not be sent');
    }
  }
}
