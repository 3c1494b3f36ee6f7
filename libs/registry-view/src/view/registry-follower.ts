import { setImmediate } from 'node:timers/promises';
import { topics } from '#contracts';
import { HubError } from '#errors';
import { headerText, type IncomingRecord, type TopicReader, type TopicReading } from '#messaging';
import { backoff, type Clock, type Logger } from '#platform';
import { RegistryChain, type RootOfTrust } from '#registry-chain';
import { CopyWriter } from '../copy/copy-writer.ts';
import type { RegistryCopy } from '../copy/registry-copy.ts';
import { ChangeWaiters } from './change-waiters.ts';
import { EntryIntake } from './entry-intake.ts';
import { HeartbeatWatch } from './heartbeat-watch.ts';

const PAUSE = { baseMs: 500, maxMs: 15_000 } as const;

export interface FollowerSettings {
  readonly root: RootOfTrust;
  readonly copy: Pick<RegistryCopy, 'load' | 'append' | 'replace' | 'clear'>;
  /** A signed snapshot to begin with where there is no copy; undefined when there is none either. */
  readonly snapshot?: () => Buffer | undefined;
  readonly reader: Pick<TopicReader, 'read'>;
  /** `registry.state` unless given. */
  readonly topic?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The copy counts as stale when the registry was not heard for longer, milliseconds. */
  readonly staleAfterMs?: number;
}

/** Keeps a chain up with `registry.state`: from the stored copy first, then from the topic, on and on. */
export class RegistryFollower {
  readonly changes = new ChangeWaiters();
  readonly watch: HeartbeatWatch;
  readonly #settings: FollowerSettings;
  readonly #writer: CopyWriter;
  #chain: RegistryChain;
  #intake: EntryIntake;
  #reading: TopicReading | undefined;
  #loop: Promise<void> = Promise.resolve();
  readonly #caughtUp = Promise.withResolvers<undefined>();
  readonly #ready = Promise.withResolvers<undefined>();
  #isCaughtUp = false;
  #heartbeat: Buffer | undefined;
  readonly #closing = new AbortController();

  constructor(settings: FollowerSettings) {
    this.#settings = settings;
    this.watch = new HeartbeatWatch(settings.clock, settings.staleAfterMs);
    this.#writer = new CopyWriter(settings.copy, settings.logger);
    this.#chain = new RegistryChain(settings.root);
    this.#intake = this.#newIntake();
    // Whoever started from a stored copy does not look at it.
    this.#ready.promise.catch(() => undefined);
  }

  get chain(): RegistryChain {
    return this.#chain;
  }

  get intake(): EntryIntake {
    return this.#intake;
  }

  /** True once everything that the topic held at the start has been read. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** Resolves when `isCaughtUp`. */
  get caughtUp(): Promise<undefined> {
    return this.#caughtUp.promise;
  }

  /** Resolves when caught up with a registry; fails with `REGISTRY_ROOT_REFUSED` if all there is stands elsewhere. */
  get ready(): Promise<undefined> {
    return this.#ready.promise;
  }

  /**
   * Loads the stored copy and begins to follow the topic in the background.
   * @throws HubError `DATABASE_UNAVAILABLE`
   */
  async start(): Promise<void> {
    await this.#restore();
    this.#loop = this.#follow();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reading?.close();
    await this.#loop;
    await this.#writer.flush();
  }

  #newIntake(): EntryIntake {
    const chain = this.#chain;
    return new EntryIntake(
      chain,
      this.#settings.logger,
      (entry) => {
        this.#writer.add(entry);
      },
      () => {
        if (chain.head !== null) this.changes.announce(chain.head);
      },
    );
  }

  async #restore(): Promise<void> {
    const { root, copy, logger } = this.#settings;
    const stored = await copy.load();
    try {
      this.#chain = stored.length > 0 ? RegistryChain.restore(root, stored) : this.#begin();
    } catch (cause) {
      if (cause instanceof HubError && cause.code === 'REGISTRY_ROOT_REFUSED') {
        // A copy of before a rotation to this root is one too. The topic tells; until then nothing is believed.
        logger.warn({ err: cause }, 'the stored copy of the registry is of another root: the topic is read');
        this.#writer.replaceStored();
      } else {
        const damage = new HubError('REGISTRY_COPY_DAMAGED', 'the stored copy is no chain of this registry', {
          cause,
        });
        logger.error({ err: damage }, 'the stored copy of the registry is dropped and built anew');
        await copy.clear();
      }
    }
    this.#intake = this.#newIntake();
  }

  /** A chain for a node that has nothing stored: from the snapshot, if there is one that counts. */
  #begin(): RegistryChain {
    const { root, snapshot, logger } = this.#settings;
    try {
      const bytes = snapshot?.();
      if (bytes !== undefined) return RegistryChain.begin(root, bytes);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      logger.error({ err: error }, 'the snapshot of the registry is refused: the topic is read instead');
    }
    return new RegistryChain(root);
  }

  async #follow(): Promise<void> {
    const { reader, logger, topic = topics.registryState } = this.#settings;
    for (let setbacks = 0; this.#isOpen(); setbacks += 1) {
      const reading = reader.read(topic, { until: 'follow' });
      this.#reading = reading;
      reading.caughtUp.then(
        () => {
          this.#reachEnd();
        },
        () => undefined,
      );
      try {
        for await (const record of reading) {
          setbacks = 0;
          this.#take(record);
          // Each entry is a signature to verify: a long chain must not hold up everything else.
          await setImmediate();
        }
      } catch (error) {
        logger.error({ err: error }, 'the registry cannot be followed now');
      }
      if (this.#isOpen()) await this.#pause(backoff(setbacks, PAUSE));
    }
  }

  #isOpen(): boolean {
    return !this.#closing.signal.aborted;
  }

  #take(record: IncomingRecord): void {
    if (headerText(record, 'hub_class') === 'heartbeat') {
      this.#heartbeat = record.value;
      // On the way through the past only the last heartbeat matters.
      if (this.#isCaughtUp) this.#checkHeartbeat();
      return;
    }
    this.#intake.take(record.value);
    this.#settle();
  }

  #settle(): void {
    if (!this.#isCaughtUp) return;
    const { fault } = this.#intake;
    if (this.#chain.head !== null) this.#ready.resolve(undefined);
    else if (fault !== undefined || this.#chain.isForeign)
      this.#ready.reject(notUnder(this.#settings.root, fault));
  }

  #reachEnd(): void {
    this.#isCaughtUp = true;
    this.#caughtUp.resolve(undefined);
    this.#checkHeartbeat();
    this.#settle();
  }

  #checkHeartbeat(): void {
    const bytes = this.#heartbeat;
    this.#heartbeat = undefined;
    // What could not be stored earlier gets another chance with each sign of life.
    void this.#writer.flush();
    if (bytes === undefined) return;
    try {
      this.watch.heard(this.#chain.checkHeartbeat(bytes));
    } catch (error) {
      this.#intake.refuse(error);
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    const timer = setTimeout(wake, ms);
    this.#closing.signal.addEventListener('abort', wake, { once: true });
    await promise;
    clearTimeout(timer);
    this.#closing.signal.removeEventListener('abort', wake);
  }
}

function notUnder({ fingerprint }: RootOfTrust, cause: HubError | undefined): HubError {
  return new HubError('REGISTRY_ROOT_REFUSED', `the topic holds no registry under the root ${fingerprint}`, {
    cause,
  });
}
