import { cloudEventHeaders, parseEvent, practiceKey, topics, type HubEvent } from '#contracts';
import { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import {
  AskInTurn,
  HealingLoop,
  ownEventsPath,
  PeerClient,
  readOwnPage,
  type Given,
  type Neighbour,
} from '#peers';
import type { Tx, UnitOfWork } from '#persistence';
import { backoff, type Clock, type Logger, type MutualTlsFiles } from '#platform';
import type { RouterRegistry } from '../router-registry.ts';
import type { RouteBatch } from '../routing/route-batch.ts';
import { claimGaps, isParkedHere, missingOf, noteRound, type DueGap, type Missing } from './gap-store.ts';

/** Gaps that are asked for at a time. */
const AT_ONCE = 4;
const POLL_MS = 1_000;
/** From one asking to the next: doubles up to a quarter of an hour. */
const ROUNDS = { baseMs: 5_000, maxMs: 900_000 };

export interface GapHealingOptions {
  readonly work: UnitOfWork;
  readonly registry: RouterRegistry;
  readonly route: Pick<RouteBatch, 'runOne'>;
  readonly clock: Clock;
  readonly tls: MutualTlsFiles;
  /** How long an event may wait before what it waits for is asked for, milliseconds. */
  readonly patienceMs: number;
  /** How often it looks for gaps, milliseconds; 1,000 unless given. */
  readonly pollMs?: number;
  readonly logger: Logger;
}

/**
 * Asks authors, in the background, for the events of theirs that never came: they were lost between the author's
 * database and this router's. What they give is judged as what their outbox brings.
 */
export class GapHealing {
  readonly #options: GapHealingOptions;
  readonly #client: PeerClient;
  readonly #turns: AskInTurn;
  readonly #loop: HealingLoop<DueGap>;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor(options: GapHealingOptions) {
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

  #claim(limit: number): Promise<readonly DueGap[]> {
    const { work, clock, patienceMs } = this.#options;
    const now = clock.now();
    const before = new Date(now.getTime() - patienceMs);
    return work.run((tx) => claimGaps(tx, { now, before, limit }));
  }

  async #heal(gap: DueGap, signal: AbortSignal): Promise<void> {
    const { registry, work, clock, logger } = this.#options;
    const { practice, author, attempts } = gap;
    const url = registry.body(author)?.nodeUrl;
    const neighbours = url === undefined ? [] : [{ holder: author, url }];
    const { healed, asked } = await this.#turns.run(neighbours, (node) => this.#askFor(gap, node, signal));
    const where = { practice: practiceKey(practice), author, asked };
    if (healed) {
      logger.info(where, 'a gap healed: the author had what was missing');
      return;
    }
    const next = new Date(clock.now().getTime() + backoff(attempts, ROUNDS));
    await work.run((tx) => noteRound(tx, gap, asked, next));
    logger.warn({ ...where, next }, 'the author has not given what is missing: its later events wait');
  }

  /** Takes from the author what it has from the missing number on, page by page, until nothing of it waits. */
  async #askFor(gap: DueGap, neighbour: Neighbour, signal: AbortSignal): Promise<Given> {
    let given = 0;
    for (let from = 0; ;) {
      const missing = await this.#options.work.run((tx) => missingOf(tx, gap));
      if (missing === null) return { given, healed: true };
      if (missing.number <= from) return { given, healed: false };
      from = missing.number;
      const answer = await this.#client.get(neighbour, ownEventsPath(gap.practice, from), signal);
      const { events } = readOwnPage(answer, neighbour.holder);
      for (const bytes of this.#unknown(events, gap, missing)) {
        try {
          if ((await this.#judge(bytes)) === 'later') return { given, healed: false };
          given += 1;
        } catch (error) {
          if (!(error instanceof HubError) || error.policy.disposition !== 'park') throw error;
          this.#options.logger.warn({ err: error, author: gap.author }, 'what an author gave did not pass');
          return { given, healed: false, refused: error };
        }
      }
    }
  }

  /** What the author gave of what was asked for, without what is here already. @throws HubError `PEER_ANSWER_INVALID` */
  #unknown(
    events: readonly { readonly number: number; readonly event: Buffer }[],
    { practice, author }: DueGap,
    missing: Missing,
  ): Buffer[] {
    return events.flatMap(({ event: bytes }) => {
      const event = readAnswer(bytes, author);
      const isAsked =
        practiceKey(event.practice) === practiceKey(practice) &&
        event.author.ipa === author &&
        event.sequence.number >= missing.number;
      if (!isAsked)
        throw new HubError(
          'PEER_ANSWER_INVALID',
          `${author} gave event ${event.id}, which was not asked for`,
        );
      return missing.here.has(event.id) ? [] : [bytes];
    });
  }

  /**
   * By exactly the path of a record of the author's outbox. An event of the author's that is parked for what it says is
   * parked for good, and told; bytes that do not verify leave nothing behind.
   * @throws HubError with the code for which it was refused
   */
  async #judge(bytes: Buffer): Promise<'taken' | 'later'> {
    const { work, route, clock } = this.#options;
    const event = parseEvent(bytes);
    return work.run(async (tx) => {
      const outcome = await route.runOne(tx, recordOf(event, bytes, clock.now()));
      if (outcome.kind === 'park' && !(await staysParked(tx, event, outcome.code)))
        throw new HubError(outcome.code, `event ${event.id}, given by ${event.author.ipa}, did not pass`);
      return outcome.kind === 'retry' ? 'later' : 'taken';
    });
  }
}

function readAnswer(bytes: Buffer, author: string): HubEvent {
  try {
    return parseEvent(bytes);
  } catch (cause) {
    throw new HubError('PEER_ANSWER_INVALID', `${author} gave bytes that cannot be read`, { cause });
  }
}

async function staysParked(tx: Tx, event: HubEvent, code: HubError['code']): Promise<boolean> {
  return code === 'EQUIVOCATION' || (await isParkedHere(tx, event.author.ipa, event.id));
}

/** The record as it would have come; its place in the topic is none. */
function recordOf(event: HubEvent, bytes: Buffer, at: Date): IncomingRecord {
  const headers = Object.entries(cloudEventHeaders(event)).map(
    ([name, text]) => [name, Buffer.from(text)] as const,
  );
  return {
    topic: topics.outbox(event.author.ipa),
    partition: -1,
    offset: `${event.author.ipa}/${event.id}`,
    key: practiceKey(event.practice),
    value: bytes,
    headers: Object.fromEntries(headers),
    timestamp: at,
  };
}
