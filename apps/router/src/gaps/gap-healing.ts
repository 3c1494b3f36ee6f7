import { cloudEventHeaders, parseEvent, practiceKey, topics, type HubEvent, type IpaCode } from '#contracts';
import { HubError } from '#errors';
import type { IncomingRecord } from '#messaging';
import { GapRounds, ownEventsPath, readOwnPage, type Given, type Neighbour, type PeerClient } from '#peers';
import type { Tx, UnitOfWork } from '#persistence';
import type { Clock, Logger, MutualTlsFiles } from '#platform';
import type { RouterRegistry } from '../router-registry.ts';
import type { RouteBatch } from '../routing/route-batch.ts';
import { claimGaps, isParkedHere, missingOf, noteRound, type DueGap, type Missing } from './gap-store.ts';

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
  readonly #rounds: GapRounds<DueGap>;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor(options: GapHealingOptions) {
    const { work, tls, clock, logger, patienceMs, pollMs } = options;
    this.#options = options;
    this.#rounds = new GapRounds<DueGap>({
      ...{ tls, clock, logger, patienceMs, pollMs },
      claim: (due) => work.run((tx) => claimGaps(tx, due)),
      neighbours: ({ author }) => this.#nodeOf(author),
      ask: (gap, neighbour, client, signal) => this.#askFor(gap, neighbour, client, signal),
      note: (gap, asked, end) => work.run((tx) => noteRound(tx, gap, asked, end)),
      tell: {
        gap: ({ practice, author }) => ({ practice: practiceKey(practice), author }),
        healed: 'a gap healed: the author had what was missing',
        open: 'the author has not given what is missing: its later events wait',
      },
    });
  }

  start(): void {
    this.#rounds.start();
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }

  #nodeOf(author: IpaCode): Neighbour[] {
    const url = this.#options.registry.body(author)?.nodeUrl;
    return url === undefined ? [] : [{ holder: author, url }];
  }

  /** Takes from the author what it has from the missing number on, page by page, until nothing of it waits. */
  async #askFor(gap: DueGap, neighbour: Neighbour, client: PeerClient, signal: AbortSignal): Promise<Given> {
    let given = 0;
    for (let from = 0; ;) {
      const missing = await this.#options.work.run((tx) => missingOf(tx, gap));
      if (missing === null) return { given, healed: true };
      if (missing.number <= from) return { given, healed: false };
      from = missing.number;
      const answer = await client.get(neighbour, ownEventsPath(gap.practice, from), signal);
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
