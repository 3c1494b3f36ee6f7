import { NotificationListener, REWIND_CHANNEL, type StreamPositions } from '#persistence';
import type { Logger } from '#platform';
import type { NodeStreams } from './node-streams.ts';

/** How often to look, should a notification have been missed, milliseconds. */
const LOOK_MS = 5_000;

export interface RewindWatchParts {
  /** The node's database. */
  readonly url: string;
  readonly positions: Pick<StreamPositions, 'takenBack'>;
  readonly streams: Pick<NodeStreams, 'again'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Notices, in each instance of a node, that a stream which it reads was taken back, and lets it go on from there. */
export class RewindWatch {
  readonly #parts: RewindWatchParts;
  readonly #listener: NotificationListener;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #asked = false;
  #closed = false;

  constructor(parts: RewindWatchParts) {
    this.#parts = parts;
    this.#listener = new NotificationListener(parts.url, REWIND_CHANNEL, () => {
      this.look();
    });
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.look();
    }, LOOK_MS);
    void this.#listener.open();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#listener.close();
    await this.#looking;
  }

  /** There may be something to notice. */
  look(): void {
    if (this.#closed) return;
    this.#asked = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
      if (this.#asked) this.look();
    });
  }

  async #look(): Promise<void> {
    const { positions, streams, logger } = this.#parts;
    this.#asked = false;
    try {
      const groups = await positions.takenBack();
      if (groups.length === 0) return;
      logger.info({ groups }, 'streams were taken back by an operator: they are read again from there');
      await streams.again(groups);
    } catch (error) {
      logger.warn({ err: error }, 'whether streams were taken back could not be asked; it is asked again');
    }
  }
}
