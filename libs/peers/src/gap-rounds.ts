import { backoff, type Clock, type Logger, type MutualTlsFiles } from '#platform';

import { AskInTurn, type Asked, type Given } from './ask-in-turn.ts';
import { HealingLoop } from './healing-loop.ts';
import { PeerClient, type Neighbour } from './peer-client.ts';

/** Gaps that are asked for at a time. */
const AT_ONCE = 4;
const POLL_MS = 1_000;
/** From one round of asking to the next: doubles up to a quarter of an hour. */
const ROUNDS = { baseMs: 5_000, maxMs: 900_000 };

/** When a round ended by the node's clock, and when the next one begins. */
export interface RoundEnd {
  readonly now: Date;
  readonly next: Date;
}

export interface GapRoundsOptions<Gap> {
  readonly tls: MutualTlsFiles;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long an event may wait before what it waits for is asked for, milliseconds. */
  readonly patienceMs: number;
  /** How often it looks for gaps, milliseconds; 1,000 unless given. */
  readonly pollMs?: number | undefined;
  /** Claims the gaps that are due, of events that have waited since `before`. */
  readonly claim: (due: {
    readonly now: Date;
    readonly before: Date;
    readonly limit: number;
  }) => Promise<readonly Gap[]>;
  /** Who may have what is missing, in the order in which they are asked. */
  readonly neighbours: (gap: Gap) => readonly Neighbour[];
  /** Takes from one neighbour what it has. */
  readonly ask: (gap: Gap, neighbour: Neighbour, client: PeerClient, signal: AbortSignal) => Promise<Given>;
  /** Keeps what a round to no avail has said, and when the next is due. */
  readonly note: (gap: Gap, asked: readonly Asked[], end: RoundEnd) => Promise<void>;
  /** For the log: the gap, and the sentence for each end. */
  readonly tell: {
    readonly gap: (gap: Gap) => object;
    readonly healed: string;
    readonly open: string;
  };
}

/**
 * Asks, in the background, for what is missing, round after round, until it is there: neighbours one after the other, the
 * rounds further and further apart. Of two instances of a node one asks for a gap.
 */
export class GapRounds<Gap extends { readonly attempts: number }> {
  readonly #options: GapRoundsOptions<Gap>;
  readonly #client: PeerClient;
  readonly #turns: AskInTurn;
  readonly #loop: HealingLoop<Gap>;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor(options: GapRoundsOptions<Gap>) {
    this.#options = options;
    this.#client = new PeerClient({ tls: options.tls });
    this.#turns = new AskInTurn(options.clock);
    this.#loop = new HealingLoop({
      claim: (limit) => this.#claim(limit),
      heal: (gap, signal) => this.#heal(gap, signal),
      failed: (error) => {
        options.logger.error({ err: error }, 'a gap could not be asked for');
      },
      pollMs: options.pollMs ?? POLL_MS,
      atOnce: AT_ONCE,
    });
  }

  start(): void {
    this.#loop.start();
  }

  async close(): Promise<void> {
    await this.#loop.close();
    await this.#client.close();
  }

  #claim(limit: number): Promise<readonly Gap[]> {
    const { clock, patienceMs, claim } = this.#options;
    const now = clock.now();
    return claim({ now, before: new Date(now.getTime() - patienceMs), limit });
  }

  async #heal(gap: Gap, signal: AbortSignal): Promise<void> {
    const { clock, logger, neighbours, ask, note, tell } = this.#options;
    const { healed, asked } = await this.#turns.run(neighbours(gap), (neighbour) =>
      ask(gap, neighbour, this.#client, signal),
    );
    const where = { ...tell.gap(gap), asked };
    if (healed) {
      logger.info(where, tell.healed);
      return;
    }
    const now = clock.now();
    const next = new Date(now.getTime() + backoff(gap.attempts, ROUNDS));
    await note(gap, asked, { now, next });
    logger.warn({ ...where, next }, tell.open);
  }
}
