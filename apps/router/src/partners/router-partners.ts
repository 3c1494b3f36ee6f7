import { outboxOwner, topics, type IpaCode } from '#contracts';
import { quietLine, type PartnerBoard, type PartnerLine, type TopicLag } from '#node';
import type { UnitOfWork } from '#persistence';
import { ageSeconds, type Clock } from '#platform';

interface Unsent {
  readonly topic: string;
  readonly unsent: string;
  readonly oldest: Date;
}

interface Counted {
  readonly partner: string;
  readonly count: string;
}

/** The members, as the router sees them: what it has not read of them yet, and what it has not sent them yet. */
export class RouterPartners implements PartnerBoard {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;
  readonly #members: () => readonly IpaCode[];
  readonly #lags: () => readonly TopicLag[];

  constructor(
    work: UnitOfWork,
    clock: Clock,
    members: () => readonly IpaCode[],
    lags: () => readonly TopicLag[],
  ) {
    this.#work = work;
    this.#clock = clock;
    this.#members = members;
    this.#lags = lags;
  }

  async lines(): Promise<readonly PartnerLine[]> {
    const [unsent, waiting, parked] = await this.#work.read(async (tx) => [
      await tx.query<Unsent>(
        `select topic, count(*) as unsent, min(created_at) as oldest
         from outbox, unnest(topics) as topic where sent_at is null group by topic`,
      ),
      await tx.query<Counted>(`select author as partner, count(*) from waiting_event group by author`),
      await tx.query<Counted>(
        `select origin->>'topic' as partner, count(*) from quarantine where status = 'parked' group by 1`,
      ),
    ]);
    const backlog = new Map(unsent.map((row) => [row.topic, row]));
    const waits = countsOf(waiting, (partner) => partner);
    const refused = countsOf(parked, outboxOwner);
    const lags = new Map(this.#lags().map((lag) => [lag.topic, lag]));
    const now = this.#clock.now();
    return this.#members()
      .toSorted()
      .map((partner) => {
        const behind = lags.get(topics.outbox(partner));
        const toSend = backlog.get(topics.inbox(partner));
        return {
          ...quietLine(partner),
          lag: behind?.lag ?? null,
          retentionLeftSeconds: seconds(behind?.retentionLeftMs ?? behind?.retentionMs ?? null),
          unsent: Number(toSend?.unsent ?? 0),
          oldestUnsentSeconds: ageSeconds(toSend?.oldest ?? null, now),
          waiting: waits.get(partner) ?? 0,
          parked: refused.get(partner) ?? 0,
        };
      });
  }
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}

function countsOf(
  rows: readonly Counted[],
  partnerOf: (text: string) => string | null,
): ReadonlyMap<string, number> {
  return new Map(
    rows.flatMap(({ partner, count }) => {
      const ipa = partnerOf(partner);
      return ipa === null ? [] : [[ipa, Number(count)] as const];
    }),
  );
}
