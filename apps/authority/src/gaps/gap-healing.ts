import { practiceKey, type Participant } from '#contracts';
import { HubError } from '#errors';
import { GapRounds, type Given, type Neighbour, type PeerClient } from '#peers';
import type { Logger, MutualTlsFiles } from '#platform';
import type { PracticeKey } from '../inbox/practice-store.ts';
import type { NodeParts } from '../node-parts.ts';
import { fetchEvents } from './fetch-events.ts';
import { claimGaps, missingOf, noteRound, type DueGap } from './gap-store.ts';
import type { JudgeFetched } from './judge-fetched.ts';

export interface GapHealingOptions {
  readonly parts: NodeParts;
  readonly judge: Pick<JudgeFetched, 'run'>;
  readonly tls: MutualTlsFiles;
  /** Base URLs of the routers' servers for other nodes. */
  readonly routers: readonly string[];
  /** How long an event may wait before what it waits for is asked for, milliseconds. */
  readonly patienceMs: number;
  /** How often it looks for gaps, milliseconds; 1,000 unless given. */
  readonly pollMs?: number;
  readonly logger: Logger;
  /** Called when events were taken in: they may name documents. */
  readonly taken: () => void;
}

/**
 * Asks, in the background, for events that this node misses: the router, then the practice's owner, then the other
 * participants, one after the other, until the gap is closed. Of two instances of a node one asks for a gap.
 */
export class GapHealing {
  readonly #options: GapHealingOptions;
  readonly #rounds: GapRounds<DueGap>;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor(options: GapHealingOptions) {
    const { parts, tls, logger, patienceMs, pollMs } = options;
    this.#options = options;
    this.#rounds = new GapRounds<DueGap>({
      ...{ tls, logger, patienceMs, pollMs, clock: parts.clock },
      claim: (due) => parts.work.run((tx) => claimGaps(tx, due)),
      neighbours: (gap) => this.#neighbours(gap),
      ask: (gap, neighbour, client, signal) => this.#askFor(gap.practice, neighbour, client, signal),
      note: (gap, asked, end) => parts.work.run((tx) => noteRound(tx, gap.practice, asked, end)),
      tell: {
        gap: ({ practice, missing }) => ({ practice: practiceKey(practice), missing }),
        healed: 'a gap healed: a neighbour had what was missing',
        open: 'nobody has what is missing of a practice: its later events wait',
      },
    });
  }

  start(): void {
    this.#rounds.start();
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }

  /** Takes from one neighbour what it has of the missing positions, page by page, until it has no more. */
  async #askFor(
    practice: PracticeKey,
    neighbour: Neighbour,
    client: PeerClient,
    signal: AbortSignal,
  ): Promise<Given> {
    const { parts, judge, taken } = this.#options;
    let given = 0;
    let asked = '';
    for (;;) {
      const gap = await parts.work.run((tx) => missingOf(tx, practice));
      if (!gap) return { given, healed: true };
      const wanted = `${gap.missing.from}-${gap.missing.to}`;
      // Whoever says again and again that there is more, and gives nothing that helps, is not asked for ever.
      if (wanted === asked) return { given, healed: false };
      asked = wanted;
      const page = await fetchEvents(client, neighbour, practice, gap.missing, signal);
      for (const fetched of page.events) {
        try {
          if ((await judge.run(fetched)) === 'later') return { given, healed: false };
          given += 1;
        } catch (error) {
          if (!(error instanceof HubError) || error.policy.disposition !== 'park') throw error;
          this.#options.logger.warn(
            { err: error, source: neighbour.holder },
            'what a neighbour gave did not pass',
          );
          return { given, healed: false, refused: error };
        }
      }
      if (page.events.length > 0) taken();
    }
  }

  #neighbours({ practice, participants }: DueGap): Neighbour[] {
    const { routers, parts } = this.#options;
    const others = participants
      .filter(({ ipa, joined }) => joined && ipa !== parts.ipa)
      .sort((one, other) => rank(other, practice) - rank(one, practice));
    return [
      ...routers.map((url) => ({ holder: 'router', url })),
      ...others.flatMap(({ ipa: holder }) => {
        const url = parts.registry.body(holder)?.nodeUrl;
        return url === undefined ? [] : [{ holder, url }];
      }),
    ];
  }
}

/** The owner was sent everything, and wrote most of it. */
function rank({ ipa }: Participant, { owner }: PracticeKey): number {
  return Number(ipa === owner);
}
