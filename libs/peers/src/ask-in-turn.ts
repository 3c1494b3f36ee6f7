import { HubError, type ErrorCode } from '#errors';
import { backoff, type Clock } from '#platform';

import type { Neighbour } from './peer-client.ts';

/** What a neighbour had to say, as it is kept and shown. */
export interface Asked {
  readonly holder: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Events that it gave and that passed every check. */
  readonly given: number;
  /** Why it gave no more; null if it had nothing, or gave what was missing. */
  readonly code: ErrorCode | null;
}

/** What one neighbour did for a gap. */
export interface Given {
  readonly given: number;
  /** Nothing is missing any more: nobody else has to be asked. */
  readonly healed: boolean;
  /** Why what it gave did not pass. */
  readonly refused?: HubError;
}

/** What a neighbour can be to blame for; a database of ours that is away is none of it. */
const PEER_ANSWERS = { PEER_AWAY: true, PEER_REFUSED: true, PEER_ANSWER_INVALID: true };

const REST = { baseMs: 2_000, maxMs: 60_000 };

/** Asks one neighbour after the other until what was missing is there; one that is away is left alone for a while. */
export class AskInTurn {
  readonly #clock: Clock;
  /** By address: since how many failures, and until when it rests. */
  readonly #resting = new Map<string, { readonly failures: number; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param ask asks one; a `HubError` of a peer (`PEER_AWAY`, …) is that neighbour's answer, anything else ends the asking
   * @returns what each has said; those after the one that healed the gap were not asked
   */
  async run(
    neighbours: readonly Neighbour[],
    ask: (neighbour: Neighbour) => Promise<Given>,
  ): Promise<{ readonly healed: boolean; readonly asked: readonly Asked[] }> {
    const asked: Asked[] = [];
    for (const neighbour of neighbours) {
      const { given, healed, refused } = await this.#askOne(neighbour, ask);
      const at = this.#clock.now().toISOString();
      asked.push({ holder: neighbour.holder, at, given, code: refused?.code ?? null });
      if (healed) return { healed, asked };
    }
    return { healed: false, asked };
  }

  async #askOne(neighbour: Neighbour, ask: (neighbour: Neighbour) => Promise<Given>): Promise<Given> {
    const rest = this.#resting.get(neighbour.url);
    if (rest !== undefined && rest.until > this.#clock.now().getTime())
      return gaveNothing(resting(neighbour));
    try {
      const given = await ask(neighbour);
      this.#resting.delete(neighbour.url);
      return given;
    } catch (error) {
      if (!(error instanceof HubError) || !Object.hasOwn(PEER_ANSWERS, error.code)) throw error;
      if (error.code !== 'PEER_AWAY') this.#resting.delete(neighbour.url);
      else this.#restFrom(neighbour, rest?.failures ?? 0);
      return gaveNothing(error);
    }
  }

  #restFrom({ url }: Neighbour, failures: number): void {
    const until = this.#clock.now().getTime() + backoff(failures, REST);
    this.#resting.set(url, { failures: failures + 1, until });
  }
}

function gaveNothing(refused: HubError): Given {
  return { given: 0, healed: false, refused };
}

function resting({ holder }: Neighbour): HubError {
  return new HubError('PEER_AWAY', `${holder} did not answer a moment ago`);
}
