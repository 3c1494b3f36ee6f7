import type { UnitOfWork } from '#persistence';
import { sharedAnswer, type HealthRegistry, type Metrics, type ProbeResult } from '#platform';
import { Gauge } from 'prom-client';

interface Standing {
  readonly partner: string;
  readonly lastAgreed: Date | null;
  /** What the last comparison that went through left open. */
  readonly open: number;
  readonly status: string | null;
  readonly code: string | null;
}

interface Measure {
  readonly name: string;
  readonly help: string;
  readonly valueOf: (standing: Standing) => number | null;
}

/** How this node stands with each neighbour that it has been compared with. */
function standings(work: UnitOfWork): Promise<Standing[]> {
  return work.run((tx) =>
    tx.query<Standing>(
      `select p.partner, a.ended_at as "lastAgreed", l.status, l.code,
              coalesce(case when l.status = 'differs' then l.found - l.healed end, 0) as open
       from (select distinct partner from reconciliation) p
       left join lateral (select ended_at from reconciliation
                          where partner = p.partner and status = 'agreed' order by ended_at desc limit 1) a on true
       left join lateral (select status, code, found, healed from reconciliation
                          where partner = p.partner and ended_at is not null
                            and (status <> 'failed' or code = 'RECONCILIATION_ANSWER_INVALID')
                          order by ended_at desc limit 1) l on true
       order by 1`,
    ),
  );
}

/** What operators see of it: gauges by neighbour and a health probe, read from the database. */
export class ReconciliationWatch {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork, metrics: Metrics, health: HealthRegistry) {
    this.#work = work;
    this.#measure(metrics);
    health.register('reconciliation', () => this.#probe(), { required: false });
  }

  #measure(metrics: Metrics): void {
    // A database that is away has its own alarm; the scrape goes on without these figures.
    const look = sharedAnswer(() => standings(this.#work).catch((): Standing[] => []));
    this.#gauge(metrics, look, {
      name: 'reconciliation_last_agreed_timestamp_seconds',
      help: 'When this node and the neighbour last agreed on what they hold of their exchange',
      valueOf: ({ lastAgreed }) => lastAgreed && lastAgreed.getTime() / 1000,
    });
    this.#gauge(metrics, look, {
      name: 'reconciliation_differences',
      help: 'Events that the last comparison with the neighbour found to differ and could not heal',
      valueOf: ({ open }) => open,
    });
  }

  #gauge(metrics: Metrics, look: () => Promise<Standing[]>, { name, help, valueOf }: Measure): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['partner'],
      registers: [metrics],
      async collect() {
        for (const standing of await look()) {
          const value = valueOf(standing);
          if (value !== null) gauge.set({ partner: standing.partner }, value);
        }
      },
    });
  }

  async #probe(): Promise<ProbeResult> {
    const wrong = (await standings(this.#work)).filter(
      ({ status }) => status === 'differs' || status === 'failed',
    );
    if (wrong.length === 0) return { status: 'up' };
    const detail = wrong.map(
      ({ partner, open, code }) => `${partner}: ${code ?? ''}${open > 0 ? `, ${open} left` : ''}`,
    );
    return { status: 'degraded', detail: detail.join('; ') };
  }
}
